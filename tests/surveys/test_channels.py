"""In the channel of the conversation: the rating at a chat's end, and the portal."""

import pytest

from accounts.actions import note_seen, set_presence
from livechat.models import Chat
from surveys.models import Answer, Invitation
from tests.livechat.conftest import Browser, nobody_known, widget  # noqa: F401
from tickets.queries.follow import follow_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(widget, alice, sign_in):  # noqa: F811
    """A chat with Alice that the visitor has ended; its browser and its id."""
    set_presence(alice, state="online", actor=alice)
    note_seen(alice)
    browser = Browser(widget).meet()
    chat = browser.begin()["id"]
    assert sign_in(alice).post(f"/chats/{chat}/accept/").status_code == 204
    browser.post(f"chats/{chat}/end/")
    return browser, chat


def rate(ended, score, comment=""):
    browser, chat = ended
    return browser.post(f"chats/{chat}/rating/", {"score": score, "comment": comment})


def test_the_rating_of_a_chat_is_an_answer(survey, ended):
    assert rate(ended, 4, "Quick").status_code == 204
    answer = Answer.objects.get()
    assert (answer.score, answer.comment) == (4, "Quick")
    invitation = answer.invitation
    assert (invitation.channel, invitation.state, invitation.origin) == ("chat", "answered", "chat")


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
