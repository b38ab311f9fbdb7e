"""What to improve first, and who is told what was changed."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import clock
from core.models import Event
from customers.actions import record_consent
from surveys.actions.base import facts_of
from surveys.actions.improvements import concerned_by, publish_improvement, tell_one
from surveys.actions.recovery import close, save_cause
from surveys.models import Answer, Improvement, Invitation, RecoveryTask
from surveys.queries.improvements import month_named, rank_month
from tests.conftest import write_in
from tickets.models import Message

pytestmark = pytest.mark.django_db

PAGE = "/surveys/improvements/"


@pytest.fixture
def causes(admin):
    given = (("Slow", 1), ("Broken", 3))
    return [
        save_cause(None, name=name, parent=None, harm=harm, is_active=True, actor=admin)
        for name, harm in given
    ]


@pytest.fixture
def unhappy(inbox, survey):
    """A low score that was worked to the end."""

    def made(name, cause, *, at=None, theme="", language="en", **values):
        ticket = write_in(inbox, f"{name}@example.org", name, "It is not good.").ticket
        facts = facts_of(ticket) | {"language": language}
        invitation = Invitation.objects.create(
            survey=survey,
            version=survey.live,
            metric="csat",
            ticket=ticket,
            customer=ticket.customer,
            state="answered",
            due_at=clock.now(),
            **facts,
        )
        answer = Answer.objects.create(invitation=invitation, score=1, theme=theme)
        state = {"state": "closed", "closed_at": clock.now()} if cause else {"state": "open"}
        given = {"reason": "score", "due_at": clock.now(), "cause": cause} | state | values
        return RecoveryTask.objects.create(answer=answer, created_at=at or clock.now(), **given)

    return made


@pytest.fixture
def month():
    return month_named("")


def publish(cause, month, actor, **given):
    values = {
        "brand": None,
        "texts": {"en": "We are faster.", "zh-hans": "更快了。"},
        "tells": True,
    }
    return publish_improvement(cause, month=month, actor=actor, **values | given)


def replies():
    return Message.objects.filter(direction="out", kind="public", author__isnull=False)


def test_few_great_harms_stand_before_many_small_ones(unhappy, causes, month, supervisor):
    slow, broken = causes
    for name in ("ann", "ben"):
        unhappy(name, slow)
    unhappy("cid", broken)
    unhappy("dee", None, theme="nothing-known")
    unhappy("eve", None)

    rows = rank_month(supervisor, month)
    assert [(one.cause, one.count, one.weight) for one in rows] == [
        (None, 2, 4),
        (broken, 1, 3),
        (slow, 2, 2),
    ]


def test_a_month_begins_at_midnight_of_the_house(unhappy, causes, supervisor, settings):
    zone = ZoneInfo(settings.TIME_ZONE)
    first = datetime(2026, 3, 1, tzinfo=zone)
    unhappy("ann", causes[0], at=first - timedelta(seconds=1))
    unhappy("ben", causes[0], at=first)

    (march,) = rank_month(supervisor, month_named("2026-03"))
    assert (march.count, march.before) == (1, 1)
    (february,) = rank_month(supervisor, month_named("2026-02"))
    assert (february.count, february.before) == (1, 0)


def test_nobody_counts_tickets_they_may_not_see(unhappy, causes, month, mallory):
    unhappy("ann", causes[0])
    assert rank_month(mallory, month) == []


def test_those_concerned_are_told_once_in_their_language(unhappy, causes, month, supervisor, react):
    english = unhappy("ann", causes[0])
    chinese = unhappy("wang", causes[0], language="zh-hans")
    other = unhappy("ben", causes[1])
    made = publish(causes[0], month, supervisor)
    react()

    assert sorted(one.body for one in replies()) == ["We are faster.", "更快了。"]
    for task in (english, chinese, other):
        task.refresh_from_db()
    assert (english.told, chinese.told, other.told_at) == ("We are faster.", "更快了。", None)
    assert Event.objects.filter(name="recovery.told").count() == 2
    assert not tell_one(made, english.pk)
    assert replies().count() == 2


def test_who_is_left_alone(unhappy, causes, month, supervisor, react):
    unhappy("open", causes[0], state="open", closed_at=None)
    unhappy("told", causes[0], told_at=clock.now())
    unhappy("compared", causes[0], is_control=True)
    silent = unhappy("silent", causes[0])
    customer = silent.answer.invitation.customer
    record_consent(
        customer, purpose="surveys", action="withdrawn", channel="mail", actor=supervisor
    )
    made = publish(causes[0], month, supervisor)
    react()
    assert list(concerned_by(made)) == [silent]
    assert not replies().exists()


def test_whoever_is_still_seen_to_is_told_when_that_is_done(
    unhappy, causes, month, supervisor, react
):
    task = unhappy("ann", causes[0], state="open", closed_at=None, remedy="Sent again.")
    own = unhappy("ben", causes[0], state="open", closed_at=None, remedy="Sent again.")
    publish(causes[0], month, supervisor)
    react()
    assert not replies().exists()
    close(task, actor=supervisor)
    close(own, actor=supervisor, told="Yours is on its way.")
    react()
    assert sorted(one.body for one in replies()) == ["We are faster.", "Yours is on its way."]


def test_only_published_for_us(unhappy, causes, month, supervisor, react):
    unhappy("ann", causes[0])
    publish(causes[0], month, supervisor, tells=False)
    react()
    assert not replies().exists()


def test_on_the_page(unhappy, causes, supervisor, sign_in, react):
    unhappy("quilla", causes[0])
    client = sign_in(supervisor)
    page = client.get(PAGE).content.decode()
    assert "Slow" in page and f"{PAGE}{causes[0].pk}/" in page

    assert client.post(f"{PAGE}{causes[0].pk}/", {"tells": "on"}).status_code == 400
    given = {"words_en": "We are faster.", "tells": "on"}
    assert client.post(f"{PAGE}{causes[0].pk}/", given).status_code == 302
    react()
    page = client.get(PAGE).content.decode()
    assert "We are faster." in page and "1 customer told" in page
    assert Improvement.objects.get().by == supervisor
    listed = client.get("/surveys/recovery/", {"show": "closed", "cause": causes[1].pk})
    assert "quilla" not in listed.content.decode()
    assert client.get("/surveys/recovery/?cause=nonsense").status_code == 404


def test_whoever_may_not_answer_tells_nobody(causes, month, supervisor, light):
    from core.errors import NotAllowed

    with pytest.raises(NotAllowed):
        publish(causes[0], month, light)


def test_by_the_api(unhappy, causes, supervisor, sign_in):
    unhappy("ann", causes[1], at=datetime(2026, 3, 5, tzinfo=ZoneInfo("UTC")))
    shown = sign_in(supervisor).get("/api/v1/surveys/improvements/?month=2026-03").json()
    assert shown["month"] == "2026-03-01"
    (row,) = shown["results"]
    assert (row["name"], row["count"], row["weight"]) == ("Broken", 1, 3)
