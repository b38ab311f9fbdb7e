"""Suites: made by hand or of a conversation, played against what is live and a candidate, and
standing before publishing."""

import json

import pytest
from django.contrib.auth.models import Permission

from bots.actions.evaluation import add_suite, save_case
from bots.actions.evaluation_runs import ask_run
from bots.models import Case, Dialogue, FlowVersion, GateOverride, Run, Suite, Turn
from bots.queries.candidates import Candidate
from connectors.messages import Verdicts
from core.models import Event
from tests.bots.evaluation_world import ASKS, BETTER, OUTLINE, WORSE, draft, robin  # noqa: F401
from tests.conftest import write_in

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Where is it",
    "language": "en",
    "turns": "Where is my order?\nPW-90001\n",
    "expected": "solved",
    "within": "3",
    "tier": "standard",
    "says": "PW-90001",
    "results": "find_order:\n  status: sent\n",
}


@pytest.fixture
def desk(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def suite(robin):  # noqa: F811
    return add_suite(robin, name="Every day", is_gating=True, bar=100, actor=None)


@pytest.fixture
def asked(suite):
    return save_case(suite, ASKS, actor=None, kind="script")


def text_of(response):
    return response.content.decode()


def test_a_test_written_in_the_browser_is_kept_as_it_was_written(desk, robin):  # noqa: F811
    assert "There is no suite yet" in text_of(desk.get(f"/bots/{robin.pk}/suites/"))
    made = {"name": "Every day", "bar": "90", "is_gating": "on"}
    assert desk.post(f"/bots/{robin.pk}/suites/new/", made).status_code == 302
    suite = Suite.objects.get()
    assert "There are no tests yet" in text_of(desk.get(f"/bots/suites/{suite.pk}/"))
    assert desk.post(f"/bots/suites/{suite.pk}/tests/new/", FORM).status_code == 302

    case = Case.objects.get()
    assert case.kind == "script" and case.given["turns"] == ["Where is my order?", "PW-90001"]
    assert case.given["results"] == {"find_order": {"status": "sent"}}
    page = text_of(desk.get(f"/bots/tests/{case.pk}/"))
    assert "find_order" in page and "PW-90001" in page
    assert "Where is it" in text_of(desk.get(f"/bots/suites/{suite.pk}/"))


def test_several_reasons_stay_when_a_test_is_edited(desk, suite):
    given = {"name": "c", "turns": ["x"], "expect": {"handoff": ["policy", "vip"]}}
    case = save_case(suite, given, actor=None, kind="question")
    form = desk.get(f"/bots/tests/{case.pk}/").context["form"]
    posted = {key: form[key].value() for key in form.fields if form[key].value()}
    assert desk.post(f"/bots/tests/{case.pk}/", posted | {"name": "d"}).status_code == 302
    case = Case.objects.get()
    assert (case.given["name"], case.given["expect"]["handoff"]) == ("d", ["policy", "vip"])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"says": "("}, "cannot be looked for"),
        ({"knows": "boss: me"}, "write the kind"),
        ({"results": "find_order: ["}, "read as YAML"),
        ({"turns": "a\n" * 13}, "At most 12 lines"),
        ({"expected": "handoff:nobody"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(desk, suite, wrong, told):
    page = desk.post(f"/bots/suites/{suite.pk}/tests/new/", FORM | wrong)
    assert page.status_code == 400 and told in text_of(page)
    assert not Case.objects.exists()


def test_a_list_is_brought_in_whole_or_not_at_all(desk, suite):
    good = "- {name: a, language: zh, turns: [转人工], expect: {handoff: asked_for_person}}\n"
    bad = good + "- {name: b, turns: [x], expect: {}}\n"
    refused = desk.post(f"/bots/suites/{suite.pk}/import/", {"text": bad})
    assert refused.status_code == 400 and "Number 2" in text_of(refused)
    assert not Case.objects.exists()

    desk.post(f"/bots/suites/{suite.pk}/import/", {"text": good})
    assert (Case.objects.get().kind, Case.objects.get().language) == ("question", "zh-hans")


# Playing


def test_a_suite_tells_what_is_newly_right_and_newly_wrong(desk, suite, asked, react):
    save_case(
        suite, ASKS | {"name": "soon", "expect": {"solved": True, "says": ["soon"]}},
        actor=None, kind="script",
    )  # fmt: skip
    save_case(
        suite, ASKS | {"name": "way", "expect": {"solved": True, "says": ["on its way"]}},
        actor=None, kind="script",
    )  # fmt: skip
    draft(suite.bot, BETTER)
    desk.post(f"/bots/suites/{suite.pk}/play/", {"candidate": "drafts"})
    run = Run.objects.get()
    assert "being played" in text_of(desk.get(f"/bots/runs/{run.pk}/"))
    react()

    run.refresh_from_db()
    assert (run.state, run.count, run.live_right, run.right) == ("done", 3, 2, 2)
    assert (run.newly_right, run.newly_wrong) == (1, 1)
    page = text_of(desk.get(f"/bots/runs/{run.pk}/"))
    for words in ("Newly wrong", "Newly right", "Right as before", "Did not say “on its way”."):
        assert words in page
    assert "arrives soon" in page and "is on its way" in page
    assert "1 newly wrong" not in page  # said once, in words
    assert "one newly wrong" in text_of(desk.get(f"/bots/suites/{suite.pk}/"))


def test_a_tool_answers_what_the_test_says_or_not_at_all(suite, react):
    given = ASKS | {"results": {"find_order": None}, "expect": {"handoff": "failure"}}
    save_case(suite, given, actor=None, kind="script")
    given = ASKS | {
        "results": {"find_order": [{"status": "lost"}]},
        "expect": {"handoff": "policy"},
    }
    save_case(suite, given | {"name": "lost"}, actor=None, kind="script")
    made_up = {key: value for key, value in ASKS.items() if key != "results"}
    save_case(suite, made_up | {"name": "made up"}, actor=None, kind="script")
    run = ask_run(suite, Candidate(), actor=None)
    react()
    run.refresh_from_db()
    assert (run.count, run.right) == (3, 3)


def test_an_empty_suite_is_not_played(desk, suite):
    page = desk.post(f"/bots/suites/{suite.pk}/play/", {"candidate": "live"}, follow=True)
    assert "nothing to play" in text_of(page)
    assert not Run.objects.exists()


# The gate


def publish(desk, flow, **given):
    return desk.post(f"/bots/flows/{flow.pk}/publish/", given)


def live_outline():
    return FlowVersion.objects.order_by("-number").first().outline


def test_what_gets_worse_is_not_published(desk, suite, asked, react):
    flow = draft(suite.bot, WORSE)
    first = publish(desk, flow)
    assert first.status_code == 409 and "have not been played" in text_of(first)
    react()
    refused = publish(desk, flow)
    assert refused.status_code == 409
    assert "stand against it: Every day" in text_of(refused)
    assert "worse than what is live" in text_of(refused)
    assert live_outline() == OUTLINE


def test_what_passes_is_published(desk, suite, asked, react):
    flow = draft(suite.bot, BETTER)
    assert "not played yet" in text_of(desk.get(f"/bots/flows/{flow.pk}/"))
    desk.post(f"/bots/flows/{flow.pk}/play/")
    react()
    assert "nothing against it" in text_of(desk.get(f"/bots/flows/{flow.pk}/"))
    assert publish(desk, flow).status_code == 302
    assert live_outline() == BETTER


def test_a_draft_that_was_changed_has_to_be_played_again(desk, suite, asked, react):
    flow = draft(suite.bot, BETTER)
    publish(desk, flow)
    react()
    draft(suite.bot, WORSE)
    assert publish(desk, flow).status_code == 409
    assert live_outline() == OUTLINE


def test_under_its_bar_a_suite_stands_against_it_though_nothing_got_worse(desk, suite, react):
    save_case(suite, ASKS | {"expect": {"handoff": "vip"}}, actor=None, kind="script")
    flow = draft(suite.bot, BETTER)
    publish(desk, flow)
    react()
    assert "under its bar" in text_of(publish(desk, flow))
    suite.bar = 0
    suite.save()
    assert publish(desk, flow).status_code == 302


def test_a_suite_that_is_no_gate_stops_nothing(desk, suite, asked):
    Suite.objects.update(is_gating=False)
    assert publish(desk, draft(suite.bot, WORSE)).status_code == 302


def test_whoever_may_says_why_it_is_published_all_the_same(desk, suite, asked, react, admin):
    flow = draft(suite.bot, WORSE)
    publish(desk, flow)
    react()
    assert publish(desk, flow, because="The shop has lost them all.").status_code == 302

    kept = GateOverride.objects.get()
    assert (kept.by, kept.reason) == (admin, "The shop has lost them all.")
    assert kept.failing[0]["problem"] == "worse"
    assert Event.objects.filter(name="gate.overridden").exists()
    assert live_outline() == WORSE
    assert "The shop has lost them all." in text_of(desk.get(f"/bots/flows/{flow.pk}/"))


def test_without_the_right_no_reason_helps(sign_in, admin, suite, asked, react):
    admin.groups.get().permissions.remove(
        admin.groups.get().permissions.get(codename="override_gate")
    )
    desk, flow = sign_in(admin), draft(suite.bot, WORSE)
    publish(desk, flow)
    react()
    assert publish(desk, flow, because="I say so").status_code == 403
    assert live_outline() == OUTLINE


# Of a conversation


def mail_in(inbox, text, **fields):
    verdicts = Verdicts(spf="pass", dkim="pass", dmarc="pass")
    sender = "june.fairweather@mail.example"
    return write_in(inbox, sender, "My order", text, verdicts=verdicts, **fields)


def test_a_conversation_becomes_a_test_without_whose_it_was(
    desk, suite, inbox, react, supervisor, sign_in
):
    said = "Where is my order PW-20734? My name is June Fairweather, 020 7946 0000."
    message = mail_in(inbox, said)
    dialogue = Dialogue.objects.create(
        thread=message.thread, ticket=message.ticket, bot=suite.bot,
        kept={"phase": "idle", "language": "en", "last": {
            "flow": "order_status", "data": {"found": {"status": "sent", "who": "June"}}}},
    )  # fmt: skip
    Turn.objects.create(dialogue=dialogue, message=message)
    link = f"/bots/tickets/{message.ticket_id}/keep/"
    assert link in text_of(desk.get(f"/bots/tickets/{message.ticket_id}/"))
    page = desk.get(link)
    for personal in ("20734", "Fairweather", "7946", "June"):
        assert personal not in text_of(page).partition("<main")[2]
    form = page.context["form"]
    initial = {key: value for key, value in form.initial.items() if value}
    assert initial["expected"] == "solved" and initial["turns"][0].startswith("Where is my order")
    assert "status: sent" in initial["results"]

    posted = {key: form[key].value() for key in form.fields if form[key].value()}
    desk.post(link, posted | {"name": "June", "suite": str(suite.pk)})
    case = Case.objects.get()
    assert case.source == "conversation"
    assert "20734" not in json.dumps(case.given)


def test_only_conversations_that_one_may_see_become_tests(sign_in, wei, inbox, suite):
    message = mail_in(inbox, "Where is my order?")
    Dialogue.objects.create(thread=message.thread, ticket=message.ticket, bot=suite.bot)
    wei.user_permissions.add(Permission.objects.get(codename="set_up_bot"))
    assert sign_in(wei).get(f"/bots/tickets/{message.ticket_id}/keep/").status_code == 404
