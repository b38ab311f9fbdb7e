"""How a transcript leaves."""

from contextlib import contextmanager

from core.lanes import Lease
from livechat import actions, reactions


def test_while_a_slow_server_takes_it_nobody_else_sends_it(
    begun, alice, shopper, inbox, react, monkeypatch
):
    held, sent = [], []

    @contextmanager
    def hold(lease):
        held.append(lease)
        yield
        held.pop()

    monkeypatch.setattr(Lease, "held", hold)
    monkeypatch.setattr(reactions, "send_mail", lambda mail, inbox: sent.append(len(held)))
    actions.accept(begun, actor=alice)
    answer = shopper.post(f"chats/{begun.pk}/transcript/", {"email": "wen@example.cn"})
    react()

    assert answer.status_code == 204
    assert sent == [1]
