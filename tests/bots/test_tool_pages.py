"""Tools and articles for newcomers, as admins set them up in the browser."""

import json
import re

import pytest

from bots.actions import tooling, tools
from bots.models import Bot, Tool, ToolFailure
from customers.models import Tier
from tests.knowledge.conftest import publish, shelf  # noqa: F401

TYPED = {
    "description": "Finds an order",
    "url": "https://shop.example/find/",
    "inputs": "order: text\npostcode",
    "outputs": "status: text\nday: date",
    "reads_only": "on",
    "timeout_seconds": "5",
}


@pytest.fixture
def desk(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def carried(monkeypatch):
    """What left, and what it is answered."""
    seen = []

    def carry(request):
        seen.append(request)
        return b'{"status": "sent", "day": "2026-13", "secret": "x"}'

    monkeypatch.setattr(tooling, "carry_by_http", carry)
    return seen


@pytest.fixture
def tool(desk, pip):
    assert desk.post(f"/bots/{pip.pk}/tools/new/", TYPED | {"name": "look_up"}).status_code == 200
    return Tool.objects.get(name="look_up")


def test_a_tool_is_added_with_its_types_and_its_secret_is_shown_once(desk, pip, tool):
    assert tool.inputs == {"order": "text", "postcode": "text"}
    assert tool.outputs == {"status": "text", "day": "date"} and tool.reads_only
    assert len(tool.secret) > 30
    assert tool.secret not in desk.get(f"/bots/tools/{tool.pk}/").content.decode()
    assert "look_up" in desk.get(f"/bots/{pip.pk}/tools/").content.decode()


def test_a_new_secret_is_shown_once_and_the_old_one_signs_no_more(desk, tool):
    before = tool.secret
    page = desk.post(f"/bots/tools/{tool.pk}/secret/")
    tool.refresh_from_db()

    assert tool.secret != before and tool.secret in page.content.decode()
    assert page["Cache-Control"] == "no-store, private"
    assert tool.secret not in desk.get(f"/bots/tools/{tool.pk}/").content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://shop.example/"),
        ("url", "https://shop.example:8080/"),
        ("name", "Find Order"),
        ("name", "find_order"),
        ("inputs", "order: number of it"),
        ("outputs", "Day: date"),
        ("timeout_seconds", "60"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(desk, pip, field, value):
    page = desk.post(f"/bots/{pip.pk}/tools/new/", TYPED | {"name": "look_up", field: value})

    assert page.status_code == 400
    field_at = page.content.decode().partition(f'name="{field}"')[2]
    assert 'class="wrong"' in field_at[:1500]
    assert not Tool.objects.filter(url=TYPED["url"]).exists()


def test_a_saved_tool_keeps_its_name_and_its_secret(desk, tool):
    changed = TYPED | {"outputs": "status: text", "name": "other"}
    assert desk.post(f"/bots/tools/{tool.pk}/", changed).status_code == 302
    kept = Tool.objects.get(pk=tool.pk)

    assert (kept.name, kept.secret, kept.outputs) == ("look_up", tool.secret, {"status": "text"})


def test_a_try_shows_what_left_and_what_was_taken(desk, tool, carried):
    given = {"in_order": "PW-1", "in_postcode": "BS6", "in_more": "x", "proved": "a@b.example"}
    page = desk.post(f"/bots/tools/{tool.pk}/try/", given).content.decode()

    [request] = carried
    sent = json.loads(request.body)
    assert sent["inputs"] == {"order": "PW-1", "postcode": "BS6"}
    assert sent["customer"] == {"id": str(tooling.NOBODY), "proved": ["a@b.example"]}
    assert "X-Helpdesk-Signature" in page and "PW-1" in page
    assert "secret, " not in page and re.search(r"Dropped</dt><dd><code[^>]*>day, secret<", page)
    assert tool.secret not in page


def test_a_tool_that_changes_something_is_tried_only_on_purpose(desk, tool, carried):
    Tool.objects.update(reads_only=False)
    refused = desk.post(f"/bots/tools/{tool.pk}/try/", {"in_order": "PW-1"})
    meant = desk.post(f"/bots/tools/{tool.pk}/try/", {"in_order": "PW-1", "is_meant": "on"})

    assert (refused.status_code, meant.status_code, len(carried)) == (400, 200, 1)


def test_a_try_leads_nowhere_inside(desk, tool, monkeypatch):
    inside = [(0, 0, 0, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(tools.socket, "getaddrinfo", lambda *_given, **_more: inside)
    page = desk.post(f"/bots/tools/{tool.pk}/try/", {}).content.decode()

    assert "It did not answer as it should" in page and "inside" in page


@pytest.mark.slow
def test_the_last_failures_are_kept_without_what_was_asked(desk, pip, shop, visit):
    shop.is_down = True
    june = visit()
    june.say("Where is my order PW-20734?")
    june.say("BS6 5QA")

    failure = ToolFailure.objects.get()
    assert (failure.tool.name, failure.code) == ("find_order", "down")
    page = desk.get(f"/bots/tools/{failure.tool_id}/").content.decode()
    assert ">down<" in page and "PW-20734" not in page
    for _ in range(25):
        tools.note_failure(failure.tool, "down", milliseconds=1)
    assert ToolFailure.objects.count() == 20


def test_a_tool_that_a_flow_calls_stays(desk, pip, tool):
    called = Tool.objects.get(name="find_order")
    refused = desk.post(f"/bots/tools/{called.pk}/remove/")

    assert refused.status_code == 409 and "order_status" in refused.content.decode()
    assert desk.post(f"/bots/tools/{tool.pk}/remove/").status_code == 302
    assert not Tool.objects.filter(pk=tool.pk).exists()


# Newcomers


@pytest.fixture
def pages(publish):  # noqa: F811
    more = [("zh-hans", "第一步", "从这里开始。")]
    first = publish("First steps", "Begin here.", more=more)
    second = publish("Your account", "It is yours.")
    hidden = publish("For us", "Between us.", audience="agents")
    return first, second, hidden


def cards(visit, language):
    """What somebody new is shown with the first hello."""
    Tier.objects.update(guided_onboarding=True)
    said = visit(language).say("hello" if language == "en" else "你好")
    return [card["title"] for row in said for card in row["cards"]]


@pytest.mark.slow
def test_articles_for_newcomers_are_shown_in_their_order_and_language(desk, pip, visit, pages):
    first, second, hidden = pages
    page = desk.get(f"/bots/{pip.pk}/starters/").content.decode()
    assert "First steps" in page and "For us" not in page
    chosen = {"*:0": str(second.pk), "*:1": str(first.pk), "zh-hans:0": str(first.pk)}
    assert desk.post(f"/bots/{pip.pk}/starters/", chosen).status_code == 302
    kept = Bot.objects.get().starters
    assert kept == {"*": [str(second.pk), str(first.pk)], "zh-hans": [str(first.pk)]}

    assert cards(visit, "en") == ["Your account", "First steps"]
    assert cards(visit, "zh-hans") == ["第一步"]
    refused = desk.post(f"/bots/{pip.pk}/starters/", {"*:0": str(hidden.pk)})
    assert refused.status_code == 400


def test_who_is_not_new_is_shown_none(desk, pip, visit, pages):
    first, _second, _hidden = pages
    desk.post(f"/bots/{pip.pk}/starters/", {"*:0": str(first.pk)})
    Tier.objects.update(guided_onboarding=False)

    assert [row["cards"] for row in visit().say("hello")] == [[]]
