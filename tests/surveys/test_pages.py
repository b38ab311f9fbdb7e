"""Settings and the report."""

import pytest

from surveys.models import Survey, SurveyVersion
from tests.surveys.conftest import make_survey

pytestmark = pytest.mark.django_db
WHEN = {"name": "After", "delay_minutes": 5, "share": 50, "expires_days": 14, "position": 1}


def test_a_survey_is_made_published_and_switched_on(admin, sign_in):
    client = sign_in(admin)
    made = client.post("/settings/surveys/new/", WHEN)
    survey = Survey.objects.get()
    assert made["Location"].endswith(f"{survey.pk}/words/")
    client.post(f"/settings/surveys/{survey.pk}/switch/", {"on": "yes"})
    assert not Survey.objects.get().is_on
    words = {
        "metric": "csat",
        "ready": ["speed", "attitude"],
        "question_zh-hans": "满意吗？",
        "own_1_kind": "choice",
        "own_1_en": "Which?\nLamp\nChair",
    }
    assert client.post(made["Location"], words).status_code == 302
    client.post(f"/settings/surveys/{survey.pk}/publish/")
    client.post(f"/settings/surveys/{survey.pk}/switch/", {"on": "yes"})

    survey = Survey.objects.select_related("live").get()
    assert survey.is_on
    grid, choice = survey.live.questions
    assert [row["code"] for row in grid["rows"]] == ["speed", "attitude"]
    assert [option["text"]["en"] for option in choice["options"]] == ["Lamp", "Chair"]
    for page in ("", f"{survey.pk}/", f"{survey.pk}/words/", "policy/", "causes/", "causes/new/"):
        assert client.get(f"/settings/surveys/{page}").status_code == 200


def test_what_was_published_never_changes(admin, sign_in):
    survey = make_survey(admin)
    client = sign_in(admin)
    client.post(f"/settings/surveys/{survey.pk}/words/", {"metric": "nps"})
    assert [version.metric for version in SurveyVersion.objects.order_by("number")] == [
        "csat",
        "nps",
    ]
    assert Survey.objects.get().live.metric == "csat"


def test_parts_are_asked_and_kept(admin, ticket, solve, react, mails, phone, sign_in, supervisor):
    from surveys.models import Answer
    from tests.surveys.conftest import link_in

    survey = make_survey(admin)
    client = sign_in(admin)
    client.post(
        f"/settings/surveys/{survey.pk}/words/", {"metric": "csat", "ready": ["speed", "solution"]}
    )
    client.post(f"/settings/surveys/{survey.pk}/publish/")
    solve(ticket)
    react()
    path = link_in(mails()[-1])
    assert "How fast we answered" in phone.get(path).content.decode()
    given = {"score": "5", "q_dimensions_speed": "4", "q_dimensions_solution": "9"}
    assert phone.post(path, given).status_code == 400
    phone.post(path, given | {"q_dimensions_solution": "2"})
    assert Answer.objects.get().parts == {"dimensions": {"speed": 4, "solution": 2}}
    client.post(
        "/settings/surveys/policy/",
        {
            "cap": 1,
            "cap_days": 30,
            "edit_hours": 24,
            "recovery_hours": 24,
            "control_share": 0,
            "least": 1,
        },
    )
    for by in ("team", "agent", "bot", "channel", "tier", "week"):
        page = sign_in(supervisor).get(f"/surveys/figures/?by={by}")
        assert page.status_code == 200
        assert "100\u00a0%" in page.content.decode()


def test_below_the_least_number_no_figure_is_shown(asked, phone, supervisor, sign_in):
    phone.post(asked(), {"score": "5"})
    page = sign_in(supervisor).get("/surveys/figures/").content.decode()
    assert "100\u00a0%" not in page
    assert "n = 1" in page


def test_a_rule_may_ask(survey, ticket, admin, react, mails):
    from core import registry
    from core.rule_parts import RuleRunning
    from surveys.models import Invitation

    action = registry.rule_actions["survey"]
    assert (str(survey.pk), survey.name) in action.options()
    running = RuleRunning(rule=survey.pk, run=survey.pk)
    assert action.act(ticket, admin, str(survey.pk), running).has_acted
    assert not action.act(ticket, admin, str(survey.pk), running).has_acted
    react()
    assert Invitation.objects.get().origin == "rule"
