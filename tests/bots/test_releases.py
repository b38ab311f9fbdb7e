"""After a release: what turns out badly more often raises one alarm that reaches people, and may
pause the bot."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from bots.actions import change_bot, publish_flow, set_inboxes, switch_flow
from bots.actions.releases import look_at_releases
from bots.models import Bot, Dialogue, Flow, ReleaseWatch
from bots.queries.releases import count_setbacks
from core import clock
from core.models import Event
from surveys.actions.complaints import make_complaint
from surveys.models import Answer, Invitation
from tests.bots.evaluation_world import BETTER, draft, robin  # noqa: F401
from tests.conftest import write_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def begin():
    """Complaints are told apart since the installation, which was before."""
    return clock.now() + 2 * DAY


@pytest.fixture
def talk(robin, inbox, alice):  # noqa: F811
    """Somebody has talked with the bot; some complain."""
    made = []
    set_inboxes(robin, [], actor=None)  # it answers nothing now

    def hold(at, *, complains=False, by=None):
        with clock.at(at):
            who = by or f"c{len(made)}@mail.example"
            message = write_in(inbox, who, "Order", "Where is it?")
            given = {"thread": message.thread, "ticket": message.ticket, "bot": robin}
            made.append(Dialogue.objects.create(**given, began_at=at, answers=1))
        if complains:
            with clock.at(at + HOUR):
                make_complaint(message.ticket, actor=alice)
        return made[-1]

    return hold


@pytest.fixture
def released(robin, talk, begin, react):  # noqa: F811
    """Sixty conversations, of which one was complained of, and then a new version."""
    react()
    for number in range(60):
        talk(begin + number * 6 * HOUR, complains=number == 0)
    at = begin + 18 * DAY
    with clock.at(at):
        publish_flow(draft(robin, BETTER), actor=None)
        react()
    return at


def go_wrong(talk, released, *, bad, count=40):
    for number in range(count):
        talk(released + HOUR + number * timedelta(minutes=30), complains=number < bad)


def look(at):
    with clock.at(at):
        return look_at_releases()


def page_of(bot):
    return reverse("bots:bot", args=[bot])


def alarm():
    return ReleaseWatch.objects.get(state="alarmed")


def test_a_rise_raises_one_alarm_with_its_figures(
    talk, released, react, sign_in, supervisor, alice
):
    go_wrong(talk, released, bad=12)
    assert look(released + 20 * HOUR) == 0  # each is judged a day after it began
    assert look(released + 3 * DAY) == 1
    assert look(released + 4 * DAY) == 0
    found = alarm()
    assert (found.measure, found.before["complaints"], found.after["complaints"]) == (
        "complaints",
        [1, 60],
        [12, 40],
    )
    with clock.at(released + 3 * DAY):
        react()
    told = {address for one in mail.outbox for address in one.to}
    assert told == {"admin@demo.test", "supervisor@demo.test"}
    text = mail.outbox[0].body
    assert "version 2: complaints 12 of 40 (30.0 %), before 1 of 60 (1.7 %)" in text
    assert mail.outbox[0].extra_headers["Auto-Submitted"] == "auto-generated"

    desk = sign_in(supervisor)
    pages = (page_of(found.bot_id), "/quality/")
    assert all("12 of 40" in desk.get(page).content.decode() for page in pages)
    figures = desk.get(reverse("bots:verifications", args=[found.bot_id])).content.decode()
    assert "12 of 40 (30.0 %)" in figures
    assert "12 of 40" not in sign_in(alice).get("/quality/").content.decode()
    assert not Bot.objects.get().is_paused  # unless the admin says so

    assert desk.post(reverse("bots:settle_alarm", args=[found.pk])).status_code == 302
    assert all("12 of 40" not in desk.get(page).content.decode() for page in pages)


def test_where_the_admin_says_so_the_bot_is_paused(robin, talk, released, react, sign_in, admin):  # noqa: F811
    change_bot(robin, actor=admin, pauses_on_alarm=True)
    go_wrong(talk, released, bad=12)
    look(released + 3 * DAY)
    assert Bot.objects.get().is_paused
    why = Event.objects.get(name="bot.paused")
    assert why.actor_kind == "system"
    assert why.details["reason"] == "release_alarm"
    assert (why.details["before"], why.details["after"]) == ([1, 60], [12, 40])
    with clock.at(released + 3 * DAY):
        react()
    assert "paused by itself" in mail.outbox[0].body
    page = sign_in(admin).get(page_of(robin.pk)).content.decode()
    assert "The bot was paused by itself." in page


def test_without_a_rise_nothing_rings(talk, released, react):
    go_wrong(talk, released, bad=2)
    assert look(released + 3 * DAY) == 0
    assert look(released + 16 * DAY) == 0
    assert not ReleaseWatch.objects.filter(state="running").exists()
    assert not mail.outbox


def test_releases_of_a_day_are_watched_together(robin, released, react):  # noqa: F811
    flow = Flow.objects.get(bot=robin)
    with clock.at(released + 2 * HOUR):
        switch_flow(flow, is_on=False, actor=None)
        react()
    with clock.at(released + 2 * DAY):
        switch_flow(flow, is_on=True, actor=None)
        react()
    kinds = [[one["kind"] for one in watch.releases] for watch in ReleaseWatch.objects.all()]
    assert kinds == [["switched_on"], ["flow", "switched_off"], ["flow"]]


def test_a_customer_counts_once_with_their_first_conversation(robin, talk, begin):  # noqa: F811
    talk(begin, by="carol@mail.example")
    talk(begin + 3 * DAY, complains=True, by="carol@mail.example")
    talk(begin, complains=True)
    assert count_setbacks(robin, begin, begin + 9 * DAY)["complaints"] == [1, 2]


def test_low_scores_are_counted_among_those_who_answered(robin, talk, begin):  # noqa: F811
    for score, after in ((1, HOUR), (5, HOUR), (2, 2 * DAY)):
        held = talk(begin)
        invitation = Invitation.objects.create(
            ticket=held.ticket,
            customer=held.ticket.customer,
            brand=robin.brand,
            state="answered",
            due_at=begin,
        )
        Answer.objects.create(invitation=invitation, score=score, at=begin + after)
    talk(begin)
    assert count_setbacks(robin, begin, begin + DAY)["low_scores"] == [1, 2]


def test_two_releases_that_are_watched_ring_once(robin, talk, released, react):  # noqa: F811
    with clock.at(released + 2 * DAY):
        switch_flow(Flow.objects.get(bot=robin), is_on=False, actor=None)
        react()
    for number in range(60):
        talk(released + 3 * DAY + number * HOUR, complains=number < 20)
    assert look(released + 7 * DAY) == 1
    # Nor does a third, while nobody has looked at it.
    with clock.at(released + 8 * DAY):
        switch_flow(Flow.objects.get(bot=robin), is_on=True, actor=None)
        react()
    for number in range(40):
        talk(released + 9 * DAY + number * HOUR, complains=True)
    assert look(released + 12 * DAY) == 0
    assert ReleaseWatch.objects.filter(state="alarmed").count() == 1
