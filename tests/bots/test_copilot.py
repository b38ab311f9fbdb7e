"""The agent's copilot: word for word without a model, in a model's words only as far as they stand
in the facts, and nothing of anybody else."""

import json
import re

import pytest

from bots.actions import copilot
from bots.models import CopilotUse
from core.errors import TooMany
from tests.bots.learning_world import running_service
from tests.conftest import write_in
from tests.knowledge.conftest import meaning, publish, shelf  # noqa: F401
from tickets import actions as tickets
from tickets.actions.remove import redact_message

ASKED = (
    "Hello,\n\nI ordered two lamps under PW-20734. One arrived broken on 3 November. "
    "Can I send it back? I would like a new one.\n\nMany thanks\nCarol"
)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """The cast is the same in every test, so they would be counted together."""
    monkeypatch.setattr(copilot, "seconds_to_wait", lambda *_given, **_more: 0)


@pytest.fixture
def asked(inbox, carol):
    return write_in(inbox, "carol@example.org", "A broken lamp", ASKED)


class Panel:
    def __init__(self, client, ticket, react):
        self.client, self.ticket, self.react = client, ticket, react

    def ask(self, kind, **more):
        """What stands in the panel once a worker has been there."""
        url = f"/bots/copilot/tickets/{self.ticket.pk}/"
        answer = self.client.post(url, {"kind": kind, **more}, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            return answer
        self.react()
        again = re.search(r'data-again="([^"]+)"', answer.content.decode())
        return self.client.get(again[1]).content.decode() if again else answer.content.decode()


@pytest.fixture
def panel(asked, alice, sign_in, react):
    return Panel(sign_in(alice), asked.ticket, react)


@pytest.fixture
def model(settings):
    with running_service() as service:
        settings.GENERATOR_URL, settings.GENERATOR_MODEL = service.url, "small"
        yield service


def says_text(text):
    return lambda request: json.dumps({"text": text})


def says(*sentences):
    found = [{"text": text, "from": numbers} for text, numbers in sentences]
    return lambda request: json.dumps({"sentences": found})


# Summary


def test_a_summary_is_what_was_said_word_for_word(panel, asked, alice):
    tickets.add_note(asked.ticket, actor=alice, body="Between us: she is difficult.")
    page = panel.ask("summary")

    assert "One arrived broken on 3 November." in page
    assert "Can I send it back?" in page and "Open question" in page
    assert "difficult" not in page and "Many thanks" not in page
    use = CopilotUse.objects.get()
    assert (use.user, use.state, use.sent, use.model) == (alice, "done", [], "")
    assert str(asked.pk) in use.messages


def test_what_we_answered_closes_what_was_asked(panel, asked, alice):
    tickets.reply(asked.ticket, actor=alice, body="Yes, please send it back within 30 days.")
    page = panel.ask("summary")

    assert "We answered" in page and "within 30 days" in page
    assert "Open question" not in page


@pytest.mark.slow
def test_a_model_tells_the_facts_and_what_it_adds_is_struck(panel, model):
    model.answer = says(
        ("The customer ordered two lamps under PW-20734.", [1]),
        ("She was promised a refund of 50 pounds.", [1]),
        ("She can send it back.", [99]),
    )
    page = panel.ask("summary")

    assert "The customer ordered two lamps under PW-20734." in page
    assert "refund of 50" not in page and "2 sentences were struck" in page
    [request] = model.asked
    assert "PW-20734" in request["messages"][1]["content"]
    assert CopilotUse.objects.get().sent[0]["user"] == request["messages"][1]["content"]


@pytest.mark.slow
def test_in_another_language_figures_must_stand_in_the_facts(panel, model, alice):
    alice.language = "zh-hans"
    alice.save()
    model.answer = says(
        ("客户订购了两盏灯，订单号 PW-20734。", [1]), ("客户将在 5 天内收到 20 英镑。", [1])
    )
    page = panel.ask("summary")

    assert "客户订购了两盏灯" in page and "20 英镑" not in page
    assert "Chinese (simplified)" in model.asked[0]["messages"][0]["content"]


@pytest.mark.parametrize("status", [500, 200])
def test_where_a_model_fails_the_facts_stand_by_themselves(panel, model, status):
    model.status, model.raw = status, b"no json"
    page = panel.ask("summary")

    assert "One arrived broken on 3 November." in page
    assert "these are the facts as they stand" in page


# A suggested reply


@pytest.mark.slow
def test_a_reply_is_drafted_from_articles_the_customer_may_read(
    panel,
    publish,  # noqa: F811
    meaning,  # noqa: F811
    alice,
):
    publish("How to send something back", "You may send it back within 30 days.")
    publish("Send it back: goodwill", "You may offer up to 40 pounds.", audience="agents")
    meaning()
    page = panel.ask("suggestion")

    assert "Hello Carol Ashworth," in page and "within 30 days." in page
    assert "/help/" in page and "How to send something back" in page
    assert "40 pounds" not in page
    use = CopilotUse.objects.get()
    assert use.passages and use.sent == [] and use.encoder
    assert panel.client.post(f"/bots/copilot/{use.pk}/used/").status_code == 204
    use.refresh_from_db()
    assert use.used_at is not None


@pytest.mark.slow
def test_a_model_may_phrase_a_reply_but_add_nothing(panel, publish, meaning, model):  # noqa: F811
    publish("How to send something back", "You may send it back within 30 days. It costs nothing.")
    meaning()
    model.answer = says(
        ("You may send it back within 30 days; it costs nothing.", [1, 2]),
        ("We add a voucher of 10 pounds.", [1]),
    )
    page = panel.ask("suggestion")

    assert "within 30 days; it costs nothing." in page
    assert "voucher" not in page and "One sentence was struck" in page


def test_without_an_article_a_template_is_offered(panel, supervisor):
    tickets.save_macro(
        None,
        actor=supervisor,
        name="Send back a broken lamp",
        body="Please send the broken lamp back to us.",
        actions=[],
    )
    page = panel.ask("suggestion")

    assert "Please send the broken lamp back to us." in page and "reply template" in page


def test_where_nothing_answers_it_says_so(panel):
    assert "No article and no template answers this." in panel.ask("suggestion")


# Translation and tone


def test_without_a_model_there_is_no_translation_and_the_panel_says_why(panel, asked):
    page = panel.client.get(f"/bots/tickets/{asked.ticket_id}/").content.decode()
    refused = panel.ask("translation", text="Good day.")

    assert "none is set up" in page and 'data-kind="translation"' not in page
    assert 'data-kind="summary"' in page and "Alt 0" in page
    assert refused.status_code == 409 and refused.json()["code"] == "copilot_off"


@pytest.mark.slow
def test_a_message_is_translated_once_and_stays_as_it_is(panel, asked, model):
    page = panel.client.get(f"/bots/tickets/{asked.ticket_id}/").content.decode()
    model.answer = says_text("Two lamps PW-20734; one broken on 3 November. Send it back?")
    first = panel.ask("translation", message=str(asked.pk))
    again = panel.ask("translation", message=str(asked.pk))

    assert 'data-kind="translation"' in page
    assert "one broken on 3 November" in first and "I would like a new one." in first
    assert "one broken on 3 November" in again and "nothing left this house" in again
    assert len(model.asked) == 1


@pytest.mark.slow
def test_a_figure_that_differs_in_a_translated_message_is_named(panel, asked, model):
    model.answer = says_text("Two lamps PW-20734; one broken on 5 December.")
    page = panel.ask("translation", message=str(asked.pk))

    assert "Look at the original" in page and "November" in page


def test_an_answer_whose_figures_change_is_not_shown(panel, model):
    model.answer = says_text("Sie bekommen 500 Pfund am 3. November.")
    page = panel.ask("translation", text="You get 50 pounds on 3 November.")

    assert "500 Pfund" not in page and "Made up:" in page
    assert CopilotUse.objects.get().state == "refused"


@pytest.mark.parametrize(
    ("said", "is_kept"),
    [
        ("Dear Carol, PW-20734 arrives on 3 November: https://demo.test/x", True),
        ("Dear Carol, PW-20734 arrives soon: https://demo.test/x", False),
        ("Dear Carol, PW-20734 arrives on 3 November.", False),
        ("It arrives on 3 November, PW-20734: https://demo.test/x", False),
        ("Dear Carol, PW-20734 is free and arrives on 3 November in 2 boxes: "
         "https://demo.test/x", False),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_tone_changes_no_number_date_name_or_link(panel, model, said, is_kept):
    model.answer = says_text(said)
    text = "Dear Carol, your order PW-20734 will arrive on 3 November. See https://demo.test/x"
    page = panel.ask("tone", text=text, tone="shorter")

    assert ("Replace my text" in page) is is_kept
    assert CopilotUse.objects.get().state == ("done" if is_kept else "refused")
    assert json.loads(model.asked[0]["messages"][1]["content"]) == {"text": text}


def test_a_model_that_is_away_is_said_to_be(panel, settings):
    settings.GENERATOR_URL = "http://127.0.0.1:9/v1"
    page = panel.ask("tone", text="Good day.", tone="formal")

    assert "did not answer" in page and "unreachable" in page


# Who may, and what is kept


@pytest.mark.slow
def test_an_admin_switches_it_off_and_an_agent_hides_it(panel, asked, admin, sign_in, model):
    desk, ticket = sign_in(admin), asked.ticket
    brand = ticket.inbox.brand_id
    panel.client.post("/bots/copilot/hide/", {"hidden": "yes"})
    hidden = panel.client.get(f"/bots/tickets/{ticket.pk}/").content.decode()
    assert "Show the copilot" in hidden and "data-kind" not in hidden
    panel.client.post("/bots/copilot/hide/", {"hidden": "no"})

    panel.ask("summary")
    assert desk.post("/bots/copilot/", {f"features:{brand}": ["tone"]}).status_code == 302
    page = panel.client.get(f"/bots/tickets/{ticket.pk}/").content.decode()
    assert 'data-kind="tone"' in page and 'data-kind="summary"' not in page
    assert panel.ask("summary").status_code == 409
    settings_page = desk.get("/bots/copilot/").content.decode()
    assert f"#{ticket.number}" in settings_page and "small" in settings_page


def test_nobody_sees_what_another_was_answered(panel, alice, bob, sign_in):
    panel.ask("summary")
    use = CopilotUse.objects.get()

    assert sign_in(bob).get(f"/bots/copilot/{use.pk}/").status_code == 404


def test_who_may_see_it_no_more_is_answered_nothing(panel, asked, alice):
    url = f"/bots/copilot/tickets/{asked.ticket_id}/"
    panel.client.post(url, {"kind": "summary"})
    alice.teams.clear()
    panel.react()

    use = CopilotUse.objects.get()
    assert (use.state, use.code, use.made) == ("failed", "gone", {})


@pytest.mark.slow
def test_another_customers_words_in_a_merged_ticket_are_not_read(panel, asked, inbox, alice):
    other = write_in(inbox, "dora@example.org", "Lamp", "My order PW-99999 is a secret. Is it?")
    tickets.merge(other.ticket, target=asked.ticket, actor=alice)
    panel.ask("summary")

    use = CopilotUse.objects.get()
    assert "PW-99999" not in json.dumps([use.given, use.made])
    assert str(other.pk) not in use.messages


def test_what_was_made_of_removed_words_is_removed_with_them(panel, asked, admin, react):
    panel.ask("summary")
    redact_message(asked, actor=admin, reason="They asked for it.")
    react()

    use = CopilotUse.objects.get()
    assert (use.given, use.made, use.sent) == ({}, {}, [])


def test_so_much_in_a_minute_and_no_more(asked, alice, monkeypatch):
    monkeypatch.setattr(copilot, "seconds_to_wait", lambda *_given, **_more: 7)
    with pytest.raises(TooMany):
        copilot.ask_copilot(asked.ticket, actor=alice, wanted=copilot.Wanted("summary", "en"))


def test_the_ticket_itself_asks_for_nothing_of_it(panel, asked, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        page = panel.client.get(f"/tickets/{asked.ticket_id}/").content.decode()
    assert "<copilot-panel" in page and not CopilotUse.objects.exists()
