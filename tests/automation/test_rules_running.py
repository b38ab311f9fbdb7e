"""Rules run after events: what they ask, what they do, what stops them."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from automation.actions.rule_account import change_rule_account, rule_account
from automation.actions.rule_following import begin_due_rounds, follow_event, run_due_timers
from automation.actions.rules import disable_rule, enable_rule, order_rules, save_rule
from automation.models import Rule, RuleRun
from automation.queries.rule_catalogue import known_facts
from automation.queries.rule_facts import TicketFacts
from automation.rules.judging import compile_tree
from automation.rules.reading import read_tree
from core import clock, registry
from core.errors import HelpdeskError, Invalid
from core.models import Event
from tickets import actions
from tickets.actions.write import add_inbound
from tickets.models import Ticket, TicketType

pytestmark = pytest.mark.django_db
WRITES = {"kind": "event", "events": ["message.received"]}
HIGH = {"do": "set_priority", "value": "30"}


def ask(fact, op, value=None):
    return {"fact": fact, "is": op} | ({} if value is None else {"value": value})


@pytest.fixture
def make(admin):
    """A rule in force."""

    def made(*steps, when=WRITES, given=(), name="", stops=False, way="all"):
        name = name or f"Rule {Rule.objects.count() + 1}"
        draft = save_rule(
            None,
            actor=admin,
            name=name,
            trigger=when,
            conditions={way: list(given)},
            steps=list(steps) or [HIGH],
            stops=stops,
        )
        enable_rule(draft.rule, actor=admin)
        return draft.rule

    return made


def now_is(ticket):
    return Ticket.objects.select_related("status", "team", "assignee").get(pk=ticket.pk)


def write_again(ticket, body):
    who = ticket.customer
    add_inbound(now_is(ticket), None, customer=who, actor=who, body=body)


def only_run():
    return RuleRun.objects.get()


def test_a_rule_does_what_it_says_and_tells_why(make, inbox, mail_in, react, carol):
    make(HIGH, given=[ask("tier", "any", ["standard"]), ask("subject", "contains", ["lamp"])])
    ticket = mail_in(inbox, "carol@example.org", "My Lamp flickers", "Help").ticket
    react()
    run = only_run()
    assert now_is(ticket).priority == 30
    assert (run.state, run.depth) == ("done", 1)
    assert run.done == [
        {"do": "set_priority", "value": "30", "made": [], "acted": False,
         "changes": {"priority": [20, 30]}}
    ]  # fmt: skip
    assert [(one["fact"], one["holds"], one["saw"]) for one in run.seen] == [
        ("tier", True, "standard"),
        ("subject", True, None),  # what somebody wrote is not copied into a log
    ]
    told = Event.objects.get(name="ticket.priority_changed")
    assert told.actor_id == rule_account().pk
    assert told.details["cause"]["run"] == str(run.pk)


def test_it_does_nothing_where_its_conditions_do_not_hold(make, inbox, mail_in, react):
    make(HIGH, given=[ask("tier", "any", ["vip"])])
    ticket = mail_in(inbox, "eve@example.org", "Lamp", "Help").ticket
    react()
    assert now_is(ticket).priority == 20 and not RuleRun.objects.exists()


# Each condition and each step


@pytest.fixture
def lived(inbox, mail_in, alice, support, carol):
    """A ticket with something to ask about."""
    ticket = mail_in(inbox, "carol@example.org", "Refund please", "Order 4711 never came.").ticket
    TicketType.objects.create(code="question", name="Question")
    actions.set_tags(ticket, actor=alice, tags=["late", "parcel"])
    actions.set_type(ticket, actor=alice, type="problem")
    actions.assign(ticket, actor=alice, assignee=alice)
    return ticket


def holds(ticket, *asks, event=None):
    tree = read_tree({"all": list(asks)}, known_facts())
    return compile_tree(tree)(TicketFacts(now_is(ticket), event))


def test_conditions_see_the_ticket_as_it_is(lived, alice, support, inbox):
    true = [
        ask("status", "any", ["new"]),
        ask("category", "none", ["resolved", "closed"]),
        ask("priority", "equals", 20),
        ask("priority", "less", 30),
        ask("type", "any", ["problem"]),
        ask("team", "any", [str(support.pk)]),
        ask("assignee", "filled"),
        ask("assignee", "any", [str(alice.pk)]),
        ask("tags", "every", ["late", "parcel"]),
        ask("tags", "none", ["gift"]),
        ask("inbox", "any", [str(inbox.pk)]),
        ask("channel", "any", ["mail"]),
        ask("subject", "contains", ["REFUND"]),
        ask("text", "matches", r"order \d{4}"),
        ask("text", "lacks", ["bread"]),
        ask("sender", "contains", ["@example.org"]),
        ask("tier", "any", ["standard"]),
        ask("organisation", "empty"),
        ask("earlier", "equals", 0),
        ask("reopened", "equals", 0),
        ask("opened", "newer", 60),
        ask("waiting", "filled"),
        ask("resolved", "empty"),
        ask("slack", "empty"),
        ask("in_hours", "yes"),
        ask("actor", "any", ["system"]),
    ]
    assert [one for one in true if not holds(lived, one)] == []
    false = [
        ask("priority", "greater", 20),
        ask("tags", "any", ["gift"]),
        ask("opened", "older", 1),
        ask("opened", "older_working", 1),
        ask("in_hours", "no"),
        ask("intent", "at_least", {"code": "refund", "p": 0.1}),
        ask("priority", "changed"),
    ]
    assert [one for one in false if holds(lived, one)] == []


def test_conditions_see_what_an_event_changed(lived, alice):
    actions.set_priority(lived, actor=alice, priority=40)
    event = Event.objects.get(name="ticket.priority_changed")
    assert holds(lived, ask("priority", "changed"), event=event)
    assert holds(lived, ask("priority", "was", [20]), event=event)
    assert not holds(lived, ask("priority", "was", [10]), event=event)
    assert holds(lived, ask("actor", "any", ["person"]), event=event)
    actions.set_tags(lived, actor=alice, tags=["late", "gift"])
    event = Event.objects.filter(name="ticket.tagged").order_by("-seq").first()
    assert holds(lived, ask("tags", "added", ["gift"]), event=event)
    assert holds(lived, ask("tags", "removed", ["parcel"]), event=event)
    assert not holds(lived, ask("tags", "removed", ["late"]), event=event)
    actions.move_to_status(lived, actor=alice, status="open")
    event = Event.objects.filter(name="ticket.status_changed").order_by("-seq").first()
    assert holds(lived, ask("status", "was", ["new"]), event=event)
    assert holds(lived, ask("status", "changed_to", ["open"]), event=event)


def notes(ticket):
    return [note.body for note in ticket.messages.filter(kind="note")]


@pytest.mark.parametrize(
    ("step", "seen"),
    [
        ({"do": "set_priority", "value": "40"}, lambda t: t.priority == 40),
        ({"do": "set_type", "value": "question"}, lambda t: t.type == "question"),
        ({"do": "add_tags", "value": ["gift"]}, lambda t: t.tags == ["late", "parcel", "gift"]),
        ({"do": "remove_tags", "value": ["late"]}, lambda t: t.tags == ["parcel"]),
        ({"do": "set_status", "value": "resolved"}, lambda t: t.category == "resolved"),
        ({"do": "assign", "value": "nobody"}, lambda t: t.assignee is None),
        ({"do": "assign", "value": "?bob"}, lambda t: t.assignee.name == "Bob Achterberg"),
        ({"do": "assign_team", "value": "?billing"}, lambda t: t.team.name == "Billing"),
        ({"do": "note", "value": "{{ticket.number}}"}, lambda t: notes(t) == [f"#{t.number}"]),
        ({"do": "add_checklist", "value": ["call"]}, lambda t: t.checklist.get().text == "call"),
        ({"do": "follow", "value": ["?bob"]}, lambda t: t.follows.get().user.name[:3] == "Bob"),
    ],
)  # fmt: skip
def test_each_step_does_what_a_person_would(step, seen, lived, make, react, bob, billing, alice):
    named = {"?bob": str(bob.pk), "?billing": str(billing.pk)}
    value = step["value"]
    given = [named.get(v, v) for v in value] if isinstance(value, list) else named.get(value, value)
    react()
    make(step | {"value": given}, when={"kind": "event", "events": ["message.noted"]})
    actions.add_note(lived, actor=alice, body="Go")
    if step["do"] == "note":
        lived.messages.filter(kind="note").delete()
    react()
    run = RuleRun.objects.exclude(state="stopped").get()
    assert run.state == "done", run.done
    assert seen(now_is(lived))


@pytest.mark.slow
def test_an_answer_of_a_rule_needs_its_right_and_leaves_the_customer_waiting(
    lived, make, react, admin, mail_in, inbox
):
    hello = {"do": "reply", "value": "Hello {{customer.first_name}}, we look."}
    with pytest.raises(Invalid, match="account may not do this"):
        make(hello)
    change_rule_account(actor=admin, name="Perchwood", rights=["tickets.reply_ticket"], teams=None)
    enable_rule(Rule.objects.get(), actor=admin)
    ticket = mail_in(inbox, "carol@example.org", "Lamp", "Help").ticket
    react()
    said = ticket.messages.get(direction="out", author=rule_account())
    assert said.body == "Hello Carol, we look." and said.author.name == "Perchwood"
    fresh = now_is(ticket)
    assert (fresh.category, fresh.assignee_id) == ("new", None)
    assert fresh.waiting_since is not None


@pytest.mark.slow
def test_rules_answer_no_machine_and_not_for_ever(make, react, admin, mail_in, inbox):
    change_rule_account(actor=admin, name="Perchwood", rights=["tickets.reply_ticket"], teams=None)
    make({"do": "reply", "value": "We have your mail."})
    machine = mail_in(
        inbox, "noreply@example.org", "Away", "I am away", classification="auto_reply"
    ).ticket
    react()
    assert not RuleRun.objects.filter(ticket=machine).exists()
    first = mail_in(inbox, "eve@example.org", "Hi", "1").ticket
    for n in range(3):
        write_again(first, str(n))
        react()
    states = list(RuleRun.objects.order_by("at", "id").values_list("state", flat=True))
    assert states == ["done", "done", "done", "refused"]


def test_the_account_acts_for_its_teams_alone(
    make, react, admin, support, billing_ticket, ticket, alice, wei
):
    react()
    change_rule_account(
        actor=admin, name="Rules", rights=["tickets.change_ticket"], teams=[support]
    )
    make(HIGH, when={"kind": "event", "events": ["message.noted"]})
    actions.add_note(billing_ticket, actor=wei, body="Go")
    actions.add_note(ticket, actor=alice, body="Go")
    react()
    assert now_is(billing_ticket).priority == 20 and now_is(ticket).priority == 30
    refused = RuleRun.objects.get(ticket=billing_ticket)
    assert refused.state == "refused" and refused.done[0]["code"] == "not_visible"


def test_nobody_gives_rules_what_they_lack_themselves(light):
    with pytest.raises(HelpdeskError):
        change_rule_account(actor=light, name="R", rights=["tickets.reply_ticket"], teams=None)


# Order, causes, loops


def test_rules_run_in_their_order_and_one_may_be_the_last(make, react, mail_in, inbox, admin):
    low = make({"do": "set_priority", "value": "10"}, name="Low", stops=True)
    high = make(HIGH, name="High")
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    assert now_is(ticket).priority == 10
    order_rules([high.pk, low.pk], actor=admin)
    other = mail_in(inbox, "fay@example.org", "B", "2").ticket
    react()
    assert now_is(other).priority == 10
    runs = RuleRun.objects.filter(ticket=other).order_by("id")
    assert [run.rule.name for run in runs] == ["High", "Low"]


def test_two_rules_that_trigger_each_other_stop_with_a_clear_log(
    make, react, ticket, alice, caplog
):
    react()
    changes = {"kind": "event", "events": ["ticket.priority_changed"]}
    up = make(HIGH, when=changes, given=[ask("priority", "equals", 10)], name="Up")
    low = {"do": "set_priority", "value": "10"}
    down = make(low, when=changes, given=[ask("priority", "equals", 30)], name="Down")
    with caplog.at_level(logging.WARNING, "helpdesk.rules"):
        actions.set_priority(ticket, actor=alice, priority=10)
        for _ in range(6):
            react()
    runs = list(RuleRun.objects.select_related("rule").order_by("id"))
    told = [(run.rule.name, run.state, run.why) for run in runs]
    # The second follows the same event and sees what the first has made of it; what both have
    # done leads back to both, and is cut there.
    assert told[:2] == [("Up", "done", ""), ("Down", "done", "")]
    assert {one[1:] for one in told[2:]} == {("stopped", "again")} and len(told) == 4, told
    assert now_is(ticket).priority == 10
    assert "was stopped (again) behind 1 others" in caplog.text
    roots = {run.root for run in RuleRun.objects.all()}
    assert roots == {Event.objects.get(name="ticket.priority_changed", actor_id=alice.pk).pk}
    assert {up, down} == {run.rule for run in RuleRun.objects.all()}


def test_a_long_chain_is_cut(make, react, ticket, alice):
    react()
    tagged = {"kind": "event", "events": ["ticket.tagged"]}
    for n in range(8):
        given = [ask("tags", "added", [f"t{n}"])]
        make({"do": "add_tags", "value": [f"t{n + 1}"]}, when=tagged, given=given)
    actions.set_tags(ticket, actor=alice, tags=["t0"])
    for _ in range(10):
        react()
    assert now_is(ticket).tags == ["t0", "t1", "t2", "t3", "t4", "t5"]
    last = RuleRun.objects.order_by("-id").first()
    assert (last.state, last.why, last.depth) == ("stopped", "too_deep", 6)


def test_a_repeated_reaction_runs_no_rule_twice(make, react, mail_in, inbox):
    make({"do": "note", "value": "Seen"})
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    follow_event(Event.objects.get(name="message.received"))
    assert ticket.messages.filter(kind="note").count() == 1
    assert RuleRun.objects.filter(state="done").count() == 1


def test_what_a_rule_is_refused_stands_in_its_log_and_stops_nothing(
    make, react, mail_in, inbox, alice, admin
):
    make({"do": "assign", "value": str(alice.pk)}, HIGH)
    alice.is_active = False
    alice.save()
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    run = only_run()
    assert run.state == "partly" and run.done[0]["code"] == "transition_refused"
    assert now_is(ticket).priority == 30


# Other triggers


def test_what_comes_in_is_changed_before_anybody_sees_it(make, mail_in, inbox, billing):
    make(
        {"do": "assign_team", "value": str(billing.pk)},
        when={"kind": "inbound"},
        given=[ask("subject", "matches", "invoice|rechnung")],
    )
    ticket = mail_in(inbox, "eve@example.org", "My INVOICE", "1").ticket
    assert ticket.team_id == billing.pk  # no reaction has run
    assert now_is(ticket).team == billing


def test_a_message_comes_in_whatever_a_rule_does(make, mail_in, inbox, monkeypatch):
    make(HIGH, when={"kind": "inbound"})

    def breaks(*_args, **_given):
        raise RuntimeError("a bug")

    monkeypatch.setattr("automation.actions.rule_following.run_rules", breaks)
    assert mail_in(inbox, "eve@example.org", "A", "1").ticket.priority == 20


MONDAY = datetime(2030, 6, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_rule_of_time_looks_once_for_each_wait(make, mail_in, inbox, react, alice):
    with clock.at(MONDAY):
        make(HIGH, when={"kind": "time", "since": "waiting", "minutes": 120, "working": False})
        ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
        react()
    with clock.at(MONDAY + HOUR):
        assert run_due_timers() == 0
    with clock.at(MONDAY + 2 * HOUR):
        assert run_due_timers() == 1 and run_due_timers() == 0
    assert now_is(ticket).priority == 30 and only_run().event_id is None
    with clock.at(MONDAY + 3 * HOUR):
        actions.reply(ticket, actor=alice, body="Which?")
        write_again(ticket, "2")
        react()
    with clock.at(MONDAY + 6 * HOUR):
        assert run_due_timers() == 1
    assert RuleRun.objects.count() == 2


def test_what_was_over_before_a_rule_of_time_surprises_nobody(make, mail_in, inbox, react):
    with clock.at(MONDAY):
        mail_in(inbox, "eve@example.org", "A", "1")
        react()
    with clock.at(MONDAY + 5 * HOUR):
        make(HIGH, when={"kind": "time", "since": "opened", "minutes": 60, "working": False})
        react()
        assert run_due_timers() == 0
    assert not RuleRun.objects.exists()


def test_a_round_goes_over_what_is_unresolved_at_its_time(make, mail_in, inbox, react, alice):
    with clock.at(MONDAY):
        rule = make(
            {"do": "add_tags", "value": ["weekly"]},
            when={"kind": "schedule", "days": ["tue"], "at": "08:30", "zone": "Europe/Berlin"},
        )
        ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
        done = mail_in(inbox, "fay@example.org", "B", "2").ticket
        actions.move_to_status(done, actor=alice, status="resolved")
        react()
        assert begin_due_rounds() == 0
    rule.refresh_from_db()
    assert rule.next_at == datetime(2030, 6, 4, 6, 30, tzinfo=UTC)
    with clock.at(rule.next_at):
        assert begin_due_rounds() == 1 and begin_due_rounds() == 0
        react()
    assert now_is(ticket).tags == ["weekly"] and now_is(done).tags == []
    rule.refresh_from_db()
    assert rule.next_at == datetime(2030, 6, 11, 6, 30, tzinfo=UTC)


def test_a_rule_switched_off_does_nothing(make, mail_in, inbox, react, admin):
    disable_rule(make(HIGH), actor=admin)
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    assert now_is(ticket).priority == 20


def test_what_was_in_force_never_changes(make, admin):
    rule = make(HIGH)
    first = rule.versions.get()
    low = [{"do": "set_priority", "value": "10"}]
    save_rule(rule, actor=admin, name=rule.name, trigger=WRITES, conditions={}, steps=low)
    first.refresh_from_db()
    assert first.steps == [HIGH] and first.is_in_force
    enable_rule(rule, actor=admin)
    first.refresh_from_db()
    assert first.until is not None and first.steps == [HIGH]


def test_what_somebody_wants_is_asked_of_the_bots(make, mail_in, inbox, react, monkeypatch):
    make(HIGH, given=[ask("intent", "at_least", {"code": "refund", "p": 0.6})])
    plain = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    assert now_is(plain).priority == 20  # nothing was taught: it does not hold
    understood = registry.Understood(intent="refund", confidence=0.8)
    monkeypatch.setattr(registry, "understanders", {"test": lambda *_a, **_g: understood})
    ticket = mail_in(inbox, "fay@example.org", "B", "Money back").ticket
    react()
    assert now_is(ticket).priority == 30
    assert only_run().seen[0]["saw"] == 0.8
