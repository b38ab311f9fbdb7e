"""Some messages become a ticket of their own."""

import pytest

from core.models import Event
from tickets import actions
from tickets.errors import AlreadyThere, CannotMove
from tickets.models import Message, Ticket, TicketLink
from tickets.queries import load_ticket


@pytest.fixture
def asked(ticket, mail_in, inbox):
    """Carol writes of something else in the same ticket."""
    first = ticket.messages.get()
    return mail_in(
        inbox,
        "carol@example.org",
        "Re: lamp",
        "And my invoice is wrong.",
        in_reply_to=first.external_id,
    )


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def bodies(ticket):
    return [m.body for m in ticket.messages.select_related("ticket").order_by("at")]


def test_the_new_ticket_is_the_same_customers_and_linked(ticket, asked, alice):
    actions.set_priority(ticket, actor=alice, priority=30)
    move = actions.split(ticket, messages=[asked.pk], actor=alice, subject=" Invoice ")
    new = fresh(move.target)
    assert (new.customer_id, new.inbox_id, new.team_id) == (
        ticket.customer_id,
        ticket.inbox_id,
        fresh(ticket).team_id,
    )
    assert (new.subject, new.priority) == ("Invoice", 30)
    assert bodies(new) == ["And my invoice is wrong."]
    assert bodies(ticket) == ["It went dark twice today."]
    assert TicketLink.objects.get().other_id == ticket.pk
    assert new.waiting_since == asked.at


def test_what_is_answered_no_longer_waits(ticket, asked, alice):
    actions.reply(ticket, actor=alice, body="The lamp: try this.")
    first, _second, answer = ticket.messages.order_by("seq")
    move = actions.split(ticket, messages=[first.pk, answer.pk], actor=alice)
    new = fresh(move.target)
    assert new.category == "open" and new.waiting_since is None
    said = [i.message.body for i in load_ticket(alice, new.pk).items if i.message]
    assert said == ["It went dark twice today.", "The lamp: try this."]


def test_undo_puts_the_messages_back(ticket, asked, alice, bob):
    before = fresh(ticket).__dict__.copy()
    move = actions.split(ticket, messages=[asked.pk], actor=alice)
    actions.undo_move(move, actor=bob)
    after = fresh(ticket)
    assert bodies(ticket) == ["It went dark twice today.", "And my invoice is wrong."]
    for name in ("category", "waiting_since", "last_at", "status_id"):
        assert getattr(after, name) == before[name]
    new = fresh(move.target)
    assert (new.category, new.merged_into_id) == ("closed", ticket.pk)
    assert not TicketLink.objects.exists()
    names = set(Event.objects.filter(ticket_id=ticket.pk).values_list("name", flat=True))
    assert {"ticket.split", "ticket.unsplit"} <= names


def test_what_was_said_since_in_the_new_one_stays_there(ticket, asked, alice):
    move = actions.split(ticket, messages=[asked.pk], actor=alice)
    actions.add_note(move.target, actor=alice, body="Told billing.")
    actions.undo_move(move, actor=alice)
    assert bodies(move.target) == ["Told billing."]
    assert fresh(move.target).merged_into_id is None


def test_something_stays_and_only_what_is_here_goes(ticket, asked, alice, billing_ticket):
    everything = list(ticket.messages.values_list("pk", flat=True))
    for wrong in (everything, [], [billing_ticket.messages.get().pk]):
        with pytest.raises(CannotMove):
            actions.split(ticket, messages=wrong, actor=alice)
    with pytest.raises(CannotMove):
        actions.split(ticket, messages=[asked.pk, billing_ticket.messages.get().pk], actor=alice)
    assert Ticket.objects.count() == 2


def test_a_merged_ticket_is_not_split(ticket, asked, alice, mail_in, inbox):
    other = mail_in(inbox, "carol@example.org", "Other", "Hello.").ticket
    actions.merge(ticket, target=other, actor=alice)
    with pytest.raises(AlreadyThere):
        actions.split(ticket, messages=[asked.pk], actor=alice)


def test_pages_of_both_follow(ticket, asked, alice, sign_in):
    desk = sign_in(alice)
    head = fresh(ticket).seq
    made = desk.post(
        f"/tickets/{ticket.pk}/split/", {"messages": [str(asked.pk)], "subject": "Invoice"}
    ).json()
    changes = desk.get(f"/tickets/{ticket.pk}/changes/?after={head}").content.decode()
    assert str(asked.pk) in changes.split("data-withdrawn=")[1].split(">")[0]
    assert f"#{made['number']}" in changes and "split a message off as" in changes
    assert made["undo"] in changes
    new = desk.get(made["opens"]).content.decode()
    assert "And my invoice is wrong." in new and f"#{ticket.number}" in new
    head = fresh(ticket).seq
    assert desk.post(made["undo"]).status_code == 200
    back = desk.get(f"/tickets/{ticket.pk}/changes/?after={head}").content.decode()
    assert "And my invoice is wrong." in back
    assert Message.objects.get(pk=asked.pk).ticket_id == ticket.pk
