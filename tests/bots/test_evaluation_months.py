"""The live bot looked at again each month, three ways, and what is learned from it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail

from bots.actions.evaluation import add_suite, save_case
from bots.actions.evaluation_flags import flag_answer, note_rating
from bots.actions.evaluation_months import (
    ask_due,
    ask_verification,
    judge_sampled,
    note_drift,
)
from bots.actions.teaching import add_intent, teach
from bots.actions.training import ask_training, go_live, keep
from bots.errors import GateClosed
from bots.models import (
    Checked,
    Dialogue,
    Flag,
    IntentExample,
    Run,
    Turn,
    UnderstandingModel,
    Verification,
)
from bots.queries import playing
from bots.queries.understanding import installed_encoders
from bots.queries.verification import figures_of, last_month
from bots.tasks import evaluate
from bots.understanding.shapes import Understanding
from core import clock
from core.models import Reaction
from knowledge.actions import take_step, write_version
from tests.bots.evaluation_world import ASKS, robin  # noqa: F401
from tests.conftest import write_in
from tests.knowledge.conftest import publish, shelf  # noqa: F401
from tickets.actions.base import record_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def then():
    """In the middle of last month."""
    return clock.now().replace(day=1, hour=12) - timedelta(days=10)


@pytest.fixture
def answered(robin, inbox, then):  # noqa: F811
    """A turn of last month; each of somebody else."""

    def answer(text="Where is my order?", intent="order_status", **fields):
        number = Turn.objects.count()
        message = write_in(inbox, f"june{number}@mail.example", "Order", text)
        dialogue = Dialogue.objects.create(thread=message.thread, ticket=message.ticket, bot=robin)
        given = {"intent": intent, "model": 1, "said": "It is on its way.", "answer": message}
        return Turn.objects.create(dialogue=dialogue, message=message, at=then, **given | fields)

    return answer


def verify(bot, react):
    found = ask_verification(bot, month=last_month(), actor=None)
    react()
    found.refresh_from_db()
    return found


# A sample of what was understood


@pytest.mark.slow
def test_a_sample_of_the_month_is_put_to_people(answered, robin, react, sign_in, supervisor):  # noqa: F811
    for number in range(2):
        answered(f"Where is parcel number {number}?")
    answered("BS6 5QA", intent="", trace={"entities": [["postcode", "BS6 5QA"]]})
    this_month = answered("Asked today")
    Turn.objects.filter(pk=this_month.pk).update(at=clock.now())
    found = verify(robin, react)

    sampled = found.checked.filter(way="understanding")
    assert sampled.count() == 2
    desk = sign_in(supervisor)
    page = desk.get(f"/bots/verification/{found.pk}/").content.decode()
    assert "Where is parcel number 1?" in page and "Asked today" not in page
    one = sampled.first()
    assert desk.post(f"/bots/checked/{one.pk}/", {"right": "yes"}).status_code == 302
    one.refresh_from_db()
    assert (one.found, one.decided_by) == ("right", supervisor)
    assert verify(robin, react).checked.filter(way="understanding").count() == 2


def test_what_was_judged_is_learned_from(answered, robin, react, supervisor):  # noqa: F811
    add_intent(actor=None, slug="refund", names={"en": "Refund"})
    turn = answered("My money, where is it?")
    found = verify(robin, react)
    judge_sampled(found.checked.get(), is_right=False, should_be="refund", actor=supervisor)

    example = IntentExample.objects.get()
    assert (example.intent.slug, example.text) == ("refund", "My money, where is it?")
    assert (example.source, example.is_reviewed) == ("conversation", True)
    assert example.customer_id == turn.dialogue.ticket.customer_id
    [understood, *_rest] = figures_of(found)
    assert (understood.right, understood.count) == (0, 1)


def test_words_of_tickets_one_may_not_see_stay_hidden(answered, robin, react, sign_in, wei):  # noqa: F811
    answered("Where is parcel number 1?")
    found = verify(robin, react)
    for name in ("set_up_bot", "teach_intent"):
        wei.user_permissions.add(Permission.objects.get(codename=name))
    desk = sign_in(wei)
    page = desk.get(f"/bots/verification/{found.pk}/").content.decode()
    assert "Where is parcel number 1?" not in page
    assert "in a ticket you may not see" in page
    assert desk.post(f"/bots/checked/{found.checked.get().pk}/").status_code == 404


# Agreement with the knowledge


@pytest.fixture
def cited(answered, publish):  # noqa: F811
    """An answer from an article, with the trace ``replying`` leaves of it."""
    said = "Send it back within 30 days. The label is in the box."
    article = publish("Send it back", said)
    version = article.versions.get()
    found = [{"article": str(article.pk), "version": str(version.pk)}]
    passages = [str(one.ref) for one in version.passages.all()]
    knowledge = {"passages": passages, "trace": {"found": found}}
    answered("Can I send it back?", said=said, trace={"knowledge": knowledge})
    return version


def judged(robin, react):  # noqa: F811
    found = verify(robin, react)
    return found.figures, [one.found for one in found.checked.filter(way="knowledge")]


def rewrite(version, body):
    newer = write_version(
        version.article, actor=None, language="en", title="Send it back", body=body
    )
    take_step(newer, step="publish", actor=None)


def test_an_answer_that_still_stands_there_agrees(cited, robin, react):  # noqa: F811
    figures, against = judged(robin, react)
    assert (figures["cited"], figures["agreeing"], against) == (1, 1, [])


def test_what_was_only_written_round_it_changes_nothing(cited, robin, react):  # noqa: F811
    rewrite(cited, "Welcome.\n\nSend it back within 30 days. The label is in the box.\n\nBye.")
    assert judged(robin, react)[1] == []


def test_what_the_article_says_otherwise_today_is_found(cited, robin, react, sign_in, admin):  # noqa: F811
    rewrite(cited, "Send it back within 14 days. Print the label at home.")
    figures, against = judged(robin, react)
    assert (figures["agreeing"], against) == (0, ["changed"])
    page = sign_in(admin).get(f"/bots/verification/{Verification.objects.get().pk}/")
    assert "the article says something else now" in page.content.decode()


def test_what_is_shown_no_more_is_found(cited, robin, react):  # noqa: F811
    take_step(cited, step="retire", actor=None)
    assert judged(robin, react)[1] == ["gone"]


# Flags


@pytest.mark.slow
def test_colleagues_and_customers_flag_what_was_wrong(answered, robin, react, alice, sign_in):  # noqa: F811
    turns = [answered() for _number in range(3)]
    desk = sign_in(alice)
    ticket = turns[0].dialogue.ticket_id
    assert "Wrong answer" in desk.get(f"/bots/tickets/{ticket}/").content.decode()
    for _time in range(2):
        assert desk.post(f"/bots/turns/{turns[0].pk}/flag/").status_code == 204
    rated = turns[1].dialogue.ticket
    record_on(rated, "chat.rated", actor=rated.customer, chat=rated.pk, score=1)
    react()
    note_rating(turns[2].dialogue.ticket_id, score=2)
    note_rating(turns[2].dialogue.ticket_id, score=5)

    assert sorted(Flag.objects.values_list("by", flat=True)) == ["agent", "customer"]
    found = verify(robin, react)
    assert (found.figures["flagged"], found.figures["answers"]) == (2, 3)


def test_who_may_not_answer_flags_nothing(answered, light, wei, sign_in):
    turn = answered()
    assert sign_in(light).post(f"/bots/turns/{turn.pk}/flag/").status_code == 403
    assert sign_in(wei).post(f"/bots/turns/{turn.pk}/flag/").status_code == 404
    assert not Flag.objects.exists()


# Alarms, and that it happens by itself


@pytest.mark.slow
def test_a_fall_beyond_chance_rings_once_and_is_told(answered, robin, react, admin, alice):  # noqa: F811
    month = last_month()
    before = (month - timedelta(days=1)).replace(day=1)
    Verification.objects.create(
        bot=robin, month=before, figures={"answers": 40, "flagged": 0, "cited": 0, "agreeing": 0}
    )
    for _number in range(2):
        flag_answer(answered(), actor=alice)
    found = verify(robin, react)

    [alarm] = found.alarms
    assert (alarm["way"], alarm["before"], alarm["now"]) == ("flags", [40, 40], [0, 2])
    told = [one for one in mail.outbox if one.to == [admin.email]]
    assert len(told) == 1 and f"/bots/verification/{found.pk}/" in told[0].body
    assert not [one for one in mail.outbox if one.to == [alice.email]]
    verify(robin, react)
    assert len([one for one in mail.outbox if one.to == [admin.email]]) == 1
    Flag.objects.all().delete()
    assert verify(robin, react).alarms == [] and note_drift(found) == []


def test_a_month_that_is_over_is_verified_once_by_itself(robin, react):  # noqa: F811
    evaluate()
    react()
    assert ask_due() == 0
    assert Verification.objects.get().month == last_month()


def test_the_pages_tell_what_is_there_and_what_is_not(robin, sign_in, admin, react):  # noqa: F811
    desk = sign_in(admin)
    assert (
        "No month was verified yet" in desk.get(f"/bots/{robin.pk}/verification/").content.decode()
    )
    desk.post(f"/bots/{robin.pk}/verification/now/")
    react()
    found = Verification.objects.get()
    page = desk.get(f"/bots/verification/{found.pk}/").content.decode()
    assert "Every answer still stands" in page and "Nobody complained" in page


# A training and its suites


@pytest.fixture
def trained(robin, admin, monkeypatch):  # noqa: F811
    """A live version that knows where an order is; the next one is asked for."""
    UnderstandingModel.objects.create(
        number=1, state="ready", is_live=True, encoders=installed_encoders(), report={}
    )
    understands = {None: "order_status", 2: "order_status"}

    def meant(_text, *, model=None, **_given):
        slug = understands[model]
        return Understanding("en", slug, 0.9, ((slug, 0.9),), 0.9, (), 0.0, 0.0, 0.0, 1, 0.1)

    monkeypatch.setattr(playing, "understand", meant)
    suite = add_suite(robin, name="Every day", is_gating=True, bar=100, actor=None)
    given = ASKS | {"turns": ["And my parcel?"], "expect": {"intent": "order_status"}}
    save_case(suite, given, actor=None, kind="question")
    return understands


def play_suites(react):
    """The training itself is not asked of a worker here: what it found is given."""
    Reaction.objects.filter(event__name="understanding.asked").delete()
    react()


def train(**found):
    model = ask_training(actor=None)
    keep(model.pk, {"state": "ready", "encoders": installed_encoders(), **found})
    model.refresh_from_db()
    return model


def _mail_to(user):
    return next(one for one in mail.outbox if one.to == [user.email])


def test_a_training_waits_for_its_suites_and_then_goes_live(trained, react):
    model = train()
    assert not model.is_live and Run.objects.get().goes_live
    play_suites(react)
    model.refresh_from_db()
    assert model.is_live


def test_a_training_that_a_suite_stands_against_is_not_used(trained, react, supervisor, sign_in):
    trained[2] = "refund"
    model = train()
    play_suites(react)
    model.refresh_from_db()
    assert not model.is_live
    assert "Every day" in _mail_to(supervisor).body
    with pytest.raises(GateClosed):
        go_live(model, actor=supervisor)
    page = sign_in(supervisor).post(f"/bots/understanding/versions/{model.pk}/use/")
    assert page.status_code == 409 and "stand against it" in page.content.decode()


def test_an_admin_uses_it_all_the_same_and_says_why(trained, react, admin, sign_in):
    trained[2] = "refund"
    model = train()
    play_suites(react)
    because = {"because": "The test is wrong."}
    desk = sign_in(admin)
    assert desk.post(f"/bots/understanding/versions/{model.pk}/use/", because).status_code == 302
    model.refresh_from_db()
    assert model.is_live
    page = desk.get(f"/bots/understanding/versions/{model.pk}/").content.decode()
    assert "The test is wrong." in page


def test_checked_words_count_in_the_next_training(answered, robin, react, supervisor):  # noqa: F811
    answered("Has it left yet?")
    intent = verify(robin, react).checked.get()
    judge_sampled(intent, is_right=True, actor=supervisor)
    assert IntentExample.objects.filter(is_reviewed=True).count() == 1
    teach(IntentExample.objects.get().intent, lines=["Has it left yet?"], actor=None)
    assert IntentExample.objects.count() == 1
    assert Checked.objects.get().should_be == "order_status"
