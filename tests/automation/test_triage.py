"""What a new ticket probably is: learned from older ones, tried on newer ones, shown and set."""

import random
from datetime import timedelta

import pytest
from django.urls import reverse

from automation.actions.triage import ask_learning, set_rules
from automation.models import TriageGuess, TriageModel
from automation.queries.triage import forget_live
from automation.triage.features import features_of
from automation.triage.learning import Example, judge, learn
from automation.triage.model import from_bytes, to_bytes
from core import registry
from core.clock import now
from core.models import Event
from core.registry import Understood
from tickets import actions
from tickets.models import Ticket, TicketType

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What one test taught is gone with its rows; a process would remember it for seconds."""
    forget_live()
    yield
    forget_live()


WORDS = {
    "incident": ["broken", "flickers", "cracked", "坏了", "defect", "does not switch on"],
    "question": ["how long", "which bulb", "opening hours", "怎么", "what size", "can I"],
}


def sentences(many, seed=1):
    rng = random.Random(seed)
    for n in range(many):
        kind = rng.choice(sorted(WORDS))
        picked = " ".join(rng.sample(WORDS[kind], 2))
        yield kind, f"Hello, order {1000 + n}: {picked}, please tell me. Thank you."


def understand(monkeypatch, said):
    """What a bot that was taught makes of whatever is said."""
    monkeypatch.setitem(registry.understanders, "bots", lambda words, **_more: said)
    monkeypatch.setitem(registry.has_understanding, "bots", lambda: True)


@pytest.fixture
def examples():
    return [Example(features_of(text), {"type": kind}) for kind, text in sentences(200)]


def test_it_is_learned_from_the_older_and_tried_on_the_newer(examples):
    found = learn(examples, ["type", "priority"])
    told = found.report["type"]
    assert (told["learned"], told["tried"]) == (160, 40)
    assert told["right"] >= 0.95 > told["usual"]
    assert found.report["priority"]["is_too_little"] and "priority" not in found.fields
    # What came later and is otherwise tells against it: nothing of it was seen before.
    turned = [Example(one.features, {"type": "other"}) for one in examples[160:]]
    assert learn([*examples[:160], *turned], ["type"]).report["type"]["right"] == 0.0


def test_what_was_learned_is_kept_without_code(examples):
    learned = learn(examples, ["type"]).fields
    kept = from_bytes(to_bytes(learned))
    assert judge(kept["type"], examples[160:], "type") == judge(
        from_bytes(to_bytes(kept))["type"], examples[160:], "type"
    )
    assert kept["type"].guess(features_of("It is cracked and broken"))[0] == "incident"
    assert kept["type"].guess(features_of("灯坏了"))[0] == "incident"


def test_numbers_say_nothing_but_how_long_they_are():
    assert features_of("order 1234") == features_of("order 9876")
    assert features_of("order 1234") != features_of("order 98765")


@pytest.fixture
def taught(inbox, mail_in, alice):
    """A hundred resolved tickets, of which people have said what they are."""
    for code in WORDS:
        TicketType.objects.get_or_create(code=code, defaults={"name": code.title()})
    for n, (kind, text) in enumerate(sentences(70)):
        ticket = mail_in(inbox, f"t{n}@example.org", "Hello", text).ticket
        Ticket.objects.filter(pk=ticket.pk).update(
            type=kind,
            category="resolved",
            resolved_at=now(),
            assignee=alice,
            created_at=now() - timedelta(days=100 - n),
        )


@pytest.fixture
def live(taught, supervisor, sign_in, react):
    assert sign_in(supervisor).post(reverse("automation:learn_triage")).status_code == 302
    react()
    return TriageModel.objects.get(is_live=True)


def come(mail_in, inbox, react, text="It is broken and it flickers."):
    ticket = mail_in(inbox, f"new{len(text)}@example.org", "Hello", text).ticket
    react()
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.slow
def test_a_new_ticket_is_suggested_its_type_and_takes_it_with_one_click(
    live, inbox, mail_in, react, alice, sign_in
):
    assert live.report["type"]["right"] >= 0.9
    ticket = come(mail_in, inbox, react)
    guess = TriageGuess.objects.get(ticket=ticket, field="type")
    assert (ticket.type, guess.value, guess.state, guess.model) == (
        "",
        "incident",
        "open",
        live.number,
    )
    web = sign_in(alice)
    panel = reverse("automation:guesses", args=[ticket.pk])
    page = web.get(panel).content.decode()
    assert "Type: Incident" in page and f"{guess.confidence * 100:.0f} % sure" in page
    url = reverse("automation:decide_guess", args=[guess.pk])
    assert web.post(url, {"do": "take"}).status_code == 204
    assert web.post(url, {"do": "take"}).status_code == 204
    assert Ticket.objects.get(pk=ticket.pk).type == "incident"
    assert TriageGuess.objects.get(pk=guess.pk).decided_by == alice
    assert Event.objects.filter(ticket_id=ticket.pk, name="ticket.type_changed").count() == 1
    assert web.get(panel).content.decode().strip() == ""


@pytest.mark.slow
def test_above_the_threshold_it_is_set_by_itself_and_a_correction_is_kept(
    live, inbox, mail_in, react, alice, supervisor, sign_in
):
    form = dict.fromkeys(("priority", "skill", "language", "sentiment"), "ask")
    web = sign_in(supervisor)
    assert web.post(reverse("automation:triage"), form | {"type": "60"}).status_code == 302
    ticket = come(mail_in, inbox, react)
    guess = TriageGuess.objects.get(ticket=ticket, field="type")
    assert (ticket.type, guess.state) == ("incident", "applied")
    actions.set_type(ticket, actor=alice, type="question")
    react()
    guess.refresh_from_db()
    assert (guess.state, guess.decided_by) == ("refused", alice)


def test_what_somebody_has_chosen_is_never_changed(admin, ticket, alice, monkeypatch, react):
    understand(monkeypatch, Understood(urgency=0.99))
    set_rules(actor=admin, chosen={"priority": (True, 60)})
    actions.set_priority(ticket, actor=alice, priority=10)
    react()
    assert Ticket.objects.get(pk=ticket.pk).priority == 10
    assert TriageGuess.objects.get(ticket=ticket, field="priority").state != "applied"


def test_what_bots_understand_is_shown_with_how_sure_it_is(
    ticket, alice, monkeypatch, react, sign_in
):
    said = Understood(language="en", mood=-0.82, urgency=0.1)
    understand(monkeypatch, said)
    react()
    page = sign_in(alice).get(reverse("automation:guesses", args=[ticket.pk])).content.decode()
    assert "Mood: unhappy" in page and "82 % sure" in page
    assert "Language: English" in page and "95 % sure" in page


def test_who_may_not_see_the_ticket_decides_nothing(ticket, wei, monkeypatch, react, sign_in):
    said = Understood(urgency=0.9)
    understand(monkeypatch, said)
    react()
    guess = TriageGuess.objects.get(ticket=ticket, field="priority")
    url = reverse("automation:decide_guess", args=[guess.pk])
    assert sign_in(wei).post(url, {"do": "take"}).status_code == 404


def test_too_little_to_learn_from_is_said(ticket, supervisor, sign_in, react):
    ask_learning(actor=supervisor)
    react()
    model = TriageModel.objects.get()
    assert (model.state, model.why, model.is_live) == ("failed", "too_little", False)
    page = sign_in(supervisor).get(reverse("automation:triage")).content.decode()
    assert "There is too little to learn from yet." in page


@pytest.mark.slow
def test_an_earlier_version_can_be_used_again(live, supervisor, sign_in, react):
    web = sign_in(supervisor)
    web.post(reverse("automation:learn_triage"))
    react()
    second = TriageModel.objects.get(is_live=True)
    assert second.number == live.number + 1
    web.post(reverse("automation:use_triage", args=[live.pk]))
    assert TriageModel.objects.get(is_live=True) == live
