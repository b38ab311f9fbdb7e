"""In the channel of the conversation: the rating at a chat's end, and the portal."""

import pytest

from accounts.actions import note_seen, set_presence
from customers.actions import record_consent
from customers.models import Purpose
from livechat.models import Chat
from surveys.actions.definitions import save_policy
from surveys.models import Answer, Invitation
from tests.livechat.conftest import Browser, nobody_known, widget  # noqa: F401
from tests.surveys.conftest import make_survey
from tickets.queries.follow import follow_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat_with(widget, alice, sign_in):  # noqa: F811
    """Let a visitor chat with Alice and end it: the chat's id, and what the widget then asks."""
    set_presence(alice, state="online", actor=alice)
    note_seen(alice)
    desk = sign_in(alice)

    def held(browser):
        chat = browser.begin()["id"]
        assert desk.post(f"/chats/{chat}/accept/").status_code == 204
        return chat, browser.post(f"chats/{chat}/end/").json()["survey"]

    return held


@pytest.fixture
def visitor(widget):  # noqa: F811
    return Browser(widget).meet()


@pytest.fixture
def ended(chat_with, visitor):
    """A chat with Alice that the visitor has ended; its browser and its id."""
    return visitor, chat_with(visitor)[0]


def rate(ended, score, comment=""):
    browser, chat = ended
    return browser.post(f"chats/{chat}/rating/", {"score": score, "comment": comment})


def test_the_rating_of_a_chat_is_an_answer(survey, ended):
    assert rate(ended, 4, "Quick").status_code == 204
    answer = Answer.objects.get()
    assert (answer.score, answer.comment) == (4, "Quick")
    invitation = answer.invitation
    assert (invitation.channel, invitation.state, invitation.origin) == ("chat", "answered", "chat")


def test_at_a_chats_end_it_is_asked_and_counted_as_asked(survey, chat_with, visitor):
    chat, asked = chat_with(visitor)
    assert asked == {"score": None}
    assert visitor.changes(chat)["chat"]["survey"] == {"score": None}
    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.channel) == ("offered", "chat")
    assert invitation.offered_at


def test_the_cap_holds_for_chats_and_mails_together(
    admin, survey, chat_with, visitor, solve, react, mails
):
    save_policy(actor=admin, cap=2, cap_days=7)
    shown = [chat_with(visitor)[1] for _chat in range(3)]
    assert shown == [{"score": None}, {"score": None}, None]
    assert list(Invitation.objects.order_by("created_at").values_list("why", flat=True)) == [
        *("", ""),
        "cap",
    ]
    solve(Chat.objects.latest("began_at").ticket)
    react()
    assert not mails()


def test_a_mail_counts_for_the_chat_after_it(survey, asked, chat_with, visitor, carol):
    asked()
    chat, _survey = chat_with(visitor)
    them = Chat.objects.get(pk=chat).ticket.customer
    Invitation.objects.filter(channel="chat").delete()
    Invitation.objects.update(customer=them)
    assert chat_with(visitor)[1] is None


def test_who_objected_is_not_asked_in_the_chat_either(admin, survey, chat_with, visitor):
    save_policy(actor=admin, cap=9)
    chat_with(visitor)
    record_consent(
        Invitation.objects.get().customer,
        purpose=Purpose.objects.get(code="surveys"),
        action="denied",
        channel="portal",
        actor=None,
    )
    chat, asked = chat_with(visitor)
    assert asked is None
    assert visitor.changes(chat)["chat"]["survey"] is None
    assert Invitation.objects.get(ticket__chats=chat).why == "consent"


def test_outside_the_sample_no_chat_asks(admin, chat_with, visitor):
    make_survey(admin, share=0)
    assert chat_with(visitor)[1] is None
    assert Invitation.objects.get().why == "sampling"


def test_on_another_scale_the_chat_asks_nothing_and_a_mail_does(admin, chat_with, visitor, solve):
    make_survey(admin, metric="nps")
    assert chat_with(visitor)[1] is None
    assert not Invitation.objects.exists()


def test_without_any_survey_the_cap_holds_for_chats_as_well(chat_with, visitor):
    assert [chat_with(visitor)[1] for _chat in range(2)] == [{"score": None}, None]


def test_who_rates_without_being_asked_is_heard(survey, chat_with, visitor):
    chat_with(visitor)
    chat, asked = chat_with(visitor)
    assert asked is None
    assert visitor.post(f"chats/{chat}/rating/", {"score": 2}).status_code == 204
    assert Answer.objects.get(invitation__ticket__chats=chat).score == 2


def test_the_newest_rating_counts(survey, ended):
    rate(ended, 4)
    rate(ended, 2)
    assert Answer.objects.get().score == 2


def test_who_rated_the_chat_is_not_asked_by_mail(survey, ended, solve, react, mails):
    rate(ended, 5)
    solve(Invitation.objects.get().ticket)
    react()
    assert not mails()
    assert Invitation.objects.count() == 1


def test_who_did_not_is_asked_in_the_chat(survey, ended, solve, react, mails):
    solve(Chat.objects.get().ticket)
    react()
    invitation = Invitation.objects.get()
    assert (invitation.channel, invitation.state) == ("chat", "offered")
    rate(ended, 3)
    assert Invitation.objects.get().state == "answered"


def test_a_low_rating_is_worked(survey, ended, react, supervisor):
    rate(ended, 1)
    react()
    assert Answer.objects.get().recovery.owner == supervisor


def test_the_portal_offers_it_while_it_is_open(asked, ticket, carol, phone):
    path = asked()
    token = follow_token(ticket.pk, carol.identities.first().pk)
    page = f"/portal/{ticket.inbox.brand.slug}/follow/{token}/"
    assert path in phone.get(page).content.decode()
    phone.post(path, {"score": "5"})
    assert path not in phone.get(page).content.decode()
