"""A back-test says what then happens on replay; and what a rule did can be taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from automation.actions.rule_following import run_due_timers
from automation.actions.rule_replay import replay_rule
from automation.actions.rule_undoing import undo_run
from automation.actions.rules import enable_rule, save_rule
from automation.models import RuleRun
from core import clock
from core.errors import Invalid, NotAllowed
from core.models import Event
from tickets import actions
from tickets.actions.write import add_inbound
from tickets.models import Ticket

MONDAY = datetime(2030, 6, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WRITES = {"kind": "event", "events": ["message.received", "ticket.priority_changed"]}
RULE = {
    "trigger": WRITES,
    "conditions": {
        "all": [
            {"fact": "priority", "is": "less", "value": 30},
            {
                "any": [
                    {"fact": "text", "is": "matches", "value": r"broken|late\b"},
                    {"fact": "tags", "is": "any", "value": ["vip"]},
                    {"fact": "waiting", "is": "older", "value": 90},
                ]
            },
        ]
    },
    "steps": [
        {"do": "set_priority", "value": "30"},
        {"do": "add_tags", "value": ["seen"]},
        {"do": "note", "value": "Look"},
    ],
}
TIMED = RULE | {
    "trigger": {"kind": "time", "since": "waiting", "minutes": 150, "working": False},
    "conditions": {"all": [{"fact": "category", "is": "none", "value": ["resolved"]}]},
}


def again(ticket):
    return Ticket.objects.select_related("customer").get(pk=ticket.pk)


def live_through(inbox, mail_in, alice, react, *, at):
    """A day of four tickets. Says which came first, by their number in the order of opening."""
    opened = []

    def do(after, act, *args, **given):
        with clock.at(at + after):
            run_due_timers()
            found = act(*args, **given)
            react()
        return found

    def write(ticket, body):
        who = again(ticket).customer
        with transaction.atomic():
            add_inbound(again(ticket), None, customer=who, actor=who, body=body)

    for n, words in enumerate(["It is broken", "All well", "Where is it", "broken, too"]):
        sender = f"c{n}@example.org"
        opened.append(do(HOUR * n / 4, mail_in, inbox, sender, f"S{n} {at:%d}", words).ticket)
    one, two, three, four = opened
    do(HOUR, actions.set_tags, again(two), actor=alice, tags=["vip"])
    do(HOUR * 1.2, actions.set_priority, again(one), actor=alice, priority=10)
    do(HOUR * 1.5, actions.reply, again(three), actor=alice, body="Soon")
    do(HOUR * 2, write, two, "And now?")
    do(HOUR * 2.2, write, three, "It is late")
    do(HOUR * 2.5, actions.set_priority, again(four), actor=alice, priority=10)
    do(HOUR * 2.6, actions.move_to_status, again(four), actor=alice, status="resolved")
    do(HOUR * 3, write, one, "Still broken")
    do(HOUR * 5, actions.add_note, again(one), actor=alice, body="Hm")
    return [ticket.pk for ticket in opened]


def foreseen(replay, order):
    return sorted(
        (order.index(hit.ticket.pk), hit.event, tuple(told(step) for step in hit.steps))
        for hit in replay.hits
        if hit.ticket.pk in order
    )


def told(step):
    return step.do, str(sorted(step.changes.items())), step.acts, step.code


def ran(order):
    runs = RuleRun.objects.filter(ticket__in=order).exclude(state="stopped")
    return sorted(
        (
            order.index(run.ticket_id),
            run.event_name,
            tuple(
                (
                    step["do"],
                    str(sorted((step.get("changes") or {}).items())),
                    bool(step.get("acted")),
                    step.get("code", ""),
                )
                for step in run.done
            ),
        )
        for run in runs
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("given", [RULE, TIMED], ids=["events", "times"])
def test_what_a_back_test_says_is_what_then_happens(given, inbox, mail_in, alice, admin, react):
    first = live_through(inbox, mail_in, alice, react, at=MONDAY)
    with clock.at(MONDAY + 6 * HOUR):
        draft = save_rule(None, actor=admin, name="Late", **given)
        before = Event.objects.count()
        replay = replay_rule(draft, days=7)
        assert Event.objects.count() == before  # it has only looked
        prediction = foreseen(replay, first)
        enable_rule(draft.rule, actor=admin)
        react()
    then = live_through(inbox, mail_in, alice, react, at=MONDAY + timedelta(days=1))
    assert len(prediction) >= 3
    assert ran(then) == prediction
    # Looked back on, what the rule itself did is left out.
    with clock.at(MONDAY + timedelta(days=1, hours=6)):
        assert foreseen(replay_rule(draft, days=7), then) == prediction


@pytest.mark.django_db
def test_a_back_test_says_what_it_takes_as_it_is_today(admin, ticket):
    conditions = {
        "all": [
            {"fact": "organisation", "is": "empty"},
            {"fact": "tier", "is": "any", "value": ["standard"]},
        ]
    }
    draft = save_rule(None, actor=admin, name="A", **(RULE | {"conditions": conditions}))
    assert replay_rule(draft).todays == ["organisation"]


@pytest.fixture
def done(admin, inbox, mail_in, react, billing):
    """A run that changed several things."""
    steps = [
        {"do": "set_priority", "value": "40"},
        {"do": "add_tags", "value": ["gift"]},
        {"do": "assign_team", "value": str(billing.pk)},
        {"do": "set_status", "value": "resolved"},
        {"do": "note", "value": "Look"},
        {"do": "add_checklist", "value": ["call"]},
    ]
    when = {"kind": "event", "events": ["message.received"]}
    draft = save_rule(None, actor=admin, name="All", trigger=when, conditions={}, steps=steps)
    enable_rule(draft.rule, actor=admin)
    ticket = mail_in(inbox, "eve@example.org", "A", "1").ticket
    react()
    run = RuleRun.objects.get(ticket=ticket)
    assert run.state == "done", run.done
    return run


@pytest.mark.django_db
def test_a_run_is_undone_where_all_is_as_it_left_it(done, admin, support):
    kept = undo_run(done, actor=admin)
    ticket = again(done.ticket)
    assert kept == ["note"]  # what was said was said
    assert (ticket.priority, ticket.tags, ticket.team, ticket.category) == (20, [], support, "new")
    assert (ticket.resolved_at, ticket.reopen_count) == (None, 0)
    assert not ticket.checklist.exists()
    done.refresh_from_db()
    assert (done.state, done.undone_by) == ("undone", admin)
    with pytest.raises(Invalid, match="already"):
        undo_run(done, actor=admin)


@pytest.mark.django_db
@pytest.mark.slow
def test_what_somebody_changed_since_stays(done, admin, alice, billing):
    actions.set_priority(done.ticket, actor=admin, priority=10)
    actions.set_tags(again(done.ticket), actor=admin, tags=["gift", "late"])
    kept = undo_run(done, actor=admin)
    ticket = again(done.ticket)
    assert "priority" in kept and ticket.priority == 10
    assert ticket.tags == ["late"]


@pytest.mark.django_db
@pytest.mark.slow
def test_who_may_not_change_a_ticket_undoes_nothing(done, light):
    with pytest.raises(NotAllowed):
        undo_run(done, actor=light)
