"""Setting up a bot in the browser: persona, limits, flows with their check, their try-out and their
versions, and what a ticket's page shows of the bot."""

import json

import pytest

from bots import actions
from bots.errors import NotHandedOver
from bots.models import Bot, Dialogue, Flow, FlowVersion
from bots.queries import rehearsal
from bots.queries.answers import Answer
from tests.bots.conftest import plainly


@pytest.fixture(autouse=True)
def rehearsed(monkeypatch):
    monkeypatch.setattr(rehearsal, "understand", plainly)
    monkeypatch.setattr(rehearsal, "find_answer", lambda *_given, **_more: Answer())


@pytest.fixture
def desk(sign_in, admin):
    return sign_in(admin)


def test_a_persona_is_kept_and_customers_hear_it(desk, pip, visit):
    values = {
        "name": "Robin",
        "languages": ["en"],
        "inboxes": [str(pk) for pk in pip.inboxes.values_list("pk", flat=True)],
        "forbidden": "cheap\n",
        "facts": "phone: 020 7946 0000",
        "per_thread": "9",
        "per_hour": "9",
        "phrase_greeting_en": "Good day, {name} here.",
    }
    assert desk.post(f"/bots/{pip.pk}/", values).status_code == 302

    kept = Bot.objects.get()
    assert (kept.name, kept.user.name, kept.forbidden) == ("Robin", "Robin", ["cheap"])
    assert visit().say("hello")[0]["text"] == "Good day, Robin here."


def test_a_wrong_fact_is_refused_at_its_field(desk, pip):
    values = {
        "name": "Pip",
        "languages": ["en"],
        "facts": "no colon",
        "per_thread": 1,
        "per_hour": 1,
    }
    page = desk.post(f"/bots/{pip.pk}/", values)

    assert page.status_code == 400 and "opening_hours" in page.content.decode()


def test_a_cell_of_the_table_decides_who_is_answered_by_whom(desk, pip, visit):
    cell = {"limit:order_status:*:calm": "person", "mail:*": "answer", "limit:*:*:calm": "answer"}
    assert desk.post(f"/bots/{pip.pk}/limits/", cell).status_code == 302
    page = desk.get(f"/bots/{pip.pk}/limits/").content.decode()
    assert '<option value="person" selected>' in page

    june = visit()
    june.say("Where is my order?")
    assert june.state["state"] == "queued"
    assert Bot.objects.get().mails == {"*": "answer"}


def test_what_is_wrong_is_said_line_by_line_while_it_is_written(desk, pip):
    outline = (
        "flow order_status\nwhen no_such_intent\ncall find_orders\n  order: {order}\n"
        "say\n  en: See https://evil.test for compensation\n"
    )
    told = desk.post(f"/bots/{pip.pk}/check/", {"outline": outline}).json()
    words = {(one["line"], one["words"]) for one in told["problems"]}

    assert (1, "There is no intent “no_such_intent”.") in words
    assert (3, "There is no tool “find_orders”.") in words
    assert (3, "Nothing is called “order” here.") in words
    assert (5, "A text is missing in: zh-hans.") in words
    assert (5, "“compensation” is a forbidden word.") in words
    assert any(line == 5 and "Links" in said for line, said in words)


def test_a_tool_that_writes_needs_a_yes_before_it(desk, pip):
    outline = "flow x\nwhen order_status\ncall cancel_order\n  order: PW-1\n"
    told = desk.post(f"/bots/{pip.pk}/check/", {"outline": outline}).json()

    assert any("confirm" in one["words"] for one in told["problems"])


def test_a_flow_is_tried_beside_its_editor_and_nothing_is_called(desk, pip, shop):
    outline = Flow.objects.get(slug="order_status").draft
    ask = {"outline": outline, "text": "Where is my order PW-20734?"}
    first = desk.post(f"/bots/{pip.pk}/try/", ask).json()
    then = {"outline": outline, "text": "BS6 5QA", "state": json.dumps(first["state"])}
    second = desk.post(f"/bots/{pip.pk}/try/", then).json()

    assert "postcode" in first["said"][0]["text"]
    assert "is on its way" in second["said"][0]["text"]
    assert "find_order(order=PW-20734, postcode=BS6 5QA)" in second["trace"]
    assert shop.asked == []


@pytest.mark.slow
def test_publishing_keeps_every_version_and_brings_one_back(desk, pip, admin, visit):
    flow = Flow.objects.get(slug="change_email")
    changed = flow.draft.replace("A colleague changes it", "x").replace(
        "so a colleague makes sure", "so my colleague makes sure"
    )
    assert desk.post(f"/bots/flows/{flow.pk}/", {"outline": changed}).status_code == 302
    june = visit()
    assert "so a colleague" in june.hear("change my email address")
    assert desk.post(f"/bots/flows/{flow.pk}/publish/").status_code == 302
    assert "so my colleague" in visit().hear("change my email address")

    assert [v.number for v in FlowVersion.objects.filter(flow=flow)] == [2, 1]
    desk.post(f"/bots/flows/{flow.pk}/back/", {"number": "1"})
    flow.refresh_from_db()
    assert "so a colleague" in flow.draft


def test_a_flow_with_mistakes_is_not_published(desk, pip):
    flow = Flow.objects.get(slug="change_email")
    desk.post(f"/bots/flows/{flow.pk}/", {"outline": "flow change_email\nsay\n  en: Hi\n"})
    page = desk.post(f"/bots/flows/{flow.pk}/publish/")

    assert page.status_code == 400 and "A text is missing" in page.content.decode()
    assert FlowVersion.objects.filter(flow=flow).count() == 1


def test_the_name_of_a_flow_stays(desk, pip):
    flow = Flow.objects.get(slug="change_email")
    page = desk.post(f"/bots/flows/{flow.pk}/", {"outline": "flow other\nend\n"})

    assert page.status_code == 400 and "The name of a flow stays" in page.content.decode()


def test_a_flow_that_is_off_is_not_followed(desk, pip, visit):
    flow = Flow.objects.get(slug="order_status")
    desk.post(f"/bots/flows/{flow.pk}/switch/", {"on": "no"})

    assert "Which order is it" not in visit().hear("Where is my order?")


def test_every_page_opens(desk, pip):
    assert "Pip" in desk.get("/bots/").content.decode()
    assert "Where is my order?" in desk.get(f"/bots/{pip.pk}/flows/").content.decode()
    assert desk.get(f"/bots/{pip.pk}/flows/new/").status_code == 200
    assert desk.get("/bots/add/").status_code == 200


@pytest.mark.slow
def test_the_ticket_says_why_it_was_handed_over_and_what_is_known(visit, sign_in, alice, wei):
    june = visit()
    june.say("Where is my order PW-20734?")
    june.say("human please")
    ticket = june.ticket
    page = sign_in(alice).get(f"/bots/tickets/{ticket.pk}/").content.decode()

    assert "asked for a person" in page and "PW-20734" in page
    assert sign_in(wei).get(f"/bots/tickets/{ticket.pk}/").status_code == 404
    alice.language = "zh-hans"
    alice.save()
    assert "要求人工" in sign_in(alice).get(f"/bots/tickets/{ticket.pk}/").content.decode()


def test_what_is_given_back_twice_is_refused(visit, alice):
    june = visit()
    june.say("human please")
    actions.give_back(Dialogue.objects.get(), actor=alice)
    with pytest.raises(NotHandedOver):
        actions.give_back(Dialogue.objects.get(), actor=alice)
