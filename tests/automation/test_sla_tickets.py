"""Promises to tickets: folded after what happens, told once, shown with their reasons."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from automation.actions.clocks import refold, tell_due
from automation.actions.policies import put_in_force, save_draft, take_out_of_force
from automation.models import Clock, Policy, PolicyVersion
from core import clock
from core.models import Event
from tickets import actions
from tickets.models import Ticket

# Ahead: what reacts is due from the moment it was written by the database.
MONDAY = datetime(2030, 6, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TARGETS = [
    {"metric": "first_response", "minutes": {"": 240, "urgent": 60}, "warn": 75, "pauses": []},
    {"metric": "next_response", "minutes": {"": 120}, "warn": 75, "pauses": []},
    {
        "metric": "resolution",
        "minutes": {"": 480},
        "warn": 75,
        "pauses": ["waiting_customer", "waiting_third_party"],
    },
]


@pytest.fixture
def promised(admin):
    """Around the clock, to everybody, since long ago."""
    with clock.at(MONDAY - timedelta(days=30)):
        draft = save_draft(None, actor=admin, name="Usual", conditions={}, targets=TARGETS)
        put_in_force(draft.policy, actor=admin)
    return draft.policy


@pytest.fixture
def asked(promised, inbox, mail_in, react):
    with clock.at(MONDAY):
        ticket = mail_in(inbox, "eve@example.org", "Broken", "It broke.").ticket
        react()
    return ticket


def clocks(ticket):
    return {c.metric: c for c in Clock.objects.filter(ticket=ticket).order_by("cycle")}


def do(at, react, act, *args, **given):
    with clock.at(at):
        act(*args, **given)
        react()


@pytest.mark.slow
def test_an_answer_in_time_keeps_the_promise(asked, alice, react):
    first = clocks(asked)["first_response"]
    assert (first.state, first.due_at) == ("running", MONDAY + 4 * HOUR)
    assert Ticket.objects.get(pk=asked.pk).next_due_at == MONDAY + 4 * HOUR
    do(MONDAY + HOUR, react, actions.reply, asked, actor=alice, body="We look.")
    found = clocks(asked)
    assert (found["first_response"].state, found["first_response"].elapsed) == ("met", 3600)
    assert (found["resolution"].state, found["resolution"].due_at) == ("paused", None)
    assert Ticket.objects.get(pk=asked.pk).next_due_at is None


@pytest.mark.slow
def test_what_waits_for_the_customer_stands_still(asked, alice, inbox, mail_in, react):
    do(MONDAY + HOUR, react, actions.reply, asked, actor=alice, body="Which?")
    with clock.at(MONDAY + 5 * HOUR):
        actions.move_to_status(asked, actor=alice, status="open")
        react()
    resolution = clocks(asked)["resolution"]
    assert (resolution.state, resolution.due_at) == ("running", MONDAY + 12 * HOUR)
    assert resolution.pauses == [
        [(MONDAY + HOUR).isoformat(), (MONDAY + 5 * HOUR).isoformat(), "waiting_customer"]
    ]


@pytest.mark.slow
def test_warning_and_breach_are_told_once(asked, react):
    def told():
        names = Event.objects.filter(ticket_id=asked.pk, name__startswith="sla.")
        return [(e.name, e.details["metric"]) for e in names.order_by("seq")]

    with clock.at(MONDAY + 3 * HOUR):
        assert tell_due() == 0  # due is what has passed
    with clock.at(MONDAY + 3 * HOUR + timedelta(seconds=1)):
        assert tell_due() == 1
        assert tell_due() == 0
    assert told() == [("sla.warned", "first_response")]
    with clock.at(MONDAY + 5 * HOUR):
        assert tell_due() == 1
        refold(asked.pk)
        assert tell_due() == 0
    assert told()[1:] == [("sla.breached", "first_response")]
    first = clocks(asked)["first_response"]
    assert (first.state, first.is_going, first.next_at) == ("breached", True, None)


def test_a_killed_beat_leaves_nothing_half_told(asked, monkeypatch):
    def die(*_args, **_given):
        raise KeyboardInterrupt

    with clock.at(MONDAY + 5 * HOUR):
        with monkeypatch.context() as patched:
            patched.setattr("automation.actions.clocks.note_due", die)
            with pytest.raises(KeyboardInterrupt):
                tell_due()
        assert not Event.objects.filter(name__startswith="sla.", ticket_id=asked.pk).exists()
        assert tell_due() == 1
    assert Event.objects.filter(name="sla.breached", ticket_id=asked.pk).count() == 1


def test_another_priority_is_judged_from_the_beginning(asked, alice, react):
    do(MONDAY + 2 * HOUR, react, actions.set_priority, asked, actor=alice, priority=40)
    first = clocks(asked)["first_response"]
    assert (first.state, first.due_at) == ("breached", MONDAY + HOUR)
    assert "priority" in [why for _at, what, why in first.steps if what == "terms"]
    do(MONDAY + 3 * HOUR, react, actions.set_priority, asked, actor=alice, priority=20)
    first = clocks(asked)["first_response"]
    assert (first.state, first.due_at) == ("running", MONDAY + 4 * HOUR)
    with clock.at(MONDAY + 5 * HOUR):
        tell_due()
    broken = Event.objects.filter(name="sla.breached", ticket_id=asked.pk)
    assert broken.count() == 1  # of one cycle it is told once, whatever is promised meanwhile


@pytest.mark.slow
def test_reopened_goes_on(asked, alice, react):
    do(MONDAY + HOUR, react, actions.reply, asked, actor=alice, body="Done.", status="resolved")
    assert clocks(asked)["resolution"].state == "met"
    do(MONDAY + 20 * HOUR, react, actions.move_to_status, asked, actor=alice, status="open")
    resolution = clocks(asked)["resolution"]
    assert (resolution.state, resolution.cycle) == ("running", 1)
    assert resolution.due_at == MONDAY + 27 * HOUR


@pytest.mark.slow
def test_a_merge_takes_the_wait_along_and_back(asked, inbox, mail_in, alice, react):
    with clock.at(MONDAY + HOUR):
        other = mail_in(inbox, "eve@example.org", "Other", "And that.").ticket
        react()
    before = {m: (c.state, c.due_at, c.pauses) for m, c in clocks(asked).items()}
    with clock.at(MONDAY + 2 * HOUR):
        move = actions.merge(asked, target=other, actor=alice)
        react()
    assert clocks(other)["first_response"].due_at == MONDAY + 4 * HOUR
    assert {c.state for c in clocks(asked).values()} == {"cancelled"}
    assert Ticket.objects.get(pk=asked.pk).next_due_at is None
    with clock.at(MONDAY + 2 * HOUR):
        actions.undo_move(move, actor=alice)
        react()
    assert clocks(other)["first_response"].due_at == MONDAY + 5 * HOUR
    after = {m: (c.state, c.due_at, c.pauses) for m, c in clocks(asked).items()}
    assert {m: v[:2] for m, v in after.items()} == {m: v[:2] for m, v in before.items()}


@pytest.mark.slow
def test_what_is_split_off_waits_since_it_was_said(asked, inbox, mail_in, alice, react):
    with clock.at(MONDAY + HOUR):
        thread = asked.messages.get()
        second = mail_in(
            inbox, "eve@example.org", "Re: Broken", "Another.", in_reply_to=thread.external_id
        )
        react()
    assert second.ticket_id == asked.pk
    with clock.at(MONDAY + 3 * HOUR):
        move = actions.split(asked, messages=[second.pk], actor=alice)
        react()
    assert clocks(move.target)["first_response"].due_at == MONDAY + 5 * HOUR
    assert clocks(asked)["first_response"].due_at == MONDAY + 4 * HOUR


def test_nothing_is_told_of_what_was_over_before(inbox, mail_in, admin, react):
    with clock.at(MONDAY):
        ticket = mail_in(inbox, "eve@example.org", "Broken", "It broke.").ticket
    with clock.at(MONDAY + 9 * HOUR):
        draft = save_draft(None, actor=admin, name="Late", conditions={}, targets=TARGETS)
        put_in_force(draft.policy, actor=admin)
        react()
        tell_due()
    assert clocks(ticket)["first_response"].state == "breached"
    assert not Event.objects.filter(name__startswith="sla.", ticket_id=ticket.pk).exists()


@pytest.mark.slow
def test_versions_keep_what_they_said(promised, asked, alice, admin, react):
    do(MONDAY + HOUR, react, actions.reply, asked, actor=alice, body="Hello")
    with clock.at(MONDAY + 2 * HOUR):
        shorter = [TARGETS[0] | {"minutes": {"": 30}}, TARGETS[2] | {"minutes": {"": 90}}]
        save_draft(promised, actor=admin, name="Usual", conditions={}, targets=shorter)
        put_in_force(promised, actor=admin)
        react()
    found = clocks(asked)
    # Answered under the first version, still open under the second.
    assert (found["first_response"].state, found["first_response"].version.number) == ("met", 1)
    assert (found["resolution"].target, found["resolution"].version.number) == (5400, 2)
    assert promised.versions.get(number=1).targets == TARGETS
    with clock.at(MONDAY + 3 * HOUR):
        take_out_of_force(promised, actor=admin)
        react()
    assert clocks(asked)["resolution"].state == "cancelled"
    assert PolicyVersion.objects.get(number=3).is_draft


def test_conditions_choose_the_first_that_fits(promised, asked, admin, react):
    with clock.at(MONDAY):
        for_mail = [TARGETS[0] | {"minutes": {"": 15}}]
        draft = save_draft(
            None, actor=admin, name="Mail", conditions={"channel": ["mail"]}, targets=for_mail
        )
        put_in_force(draft.policy, actor=admin)
        react()
    assert clocks(asked)["first_response"].target == 240 * 60
    Policy.objects.filter(pk=draft.policy_id).update(position=0)
    Policy.objects.filter(pk=promised.pk).update(position=1)
    with clock.at(MONDAY + timedelta(minutes=1)):
        refold(asked.pk)
    assert clocks(asked)["first_response"].target == 15 * 60


def test_the_ticket_says_why(asked, alice, react, sign_in):
    do(MONDAY + HOUR, react, actions.reply, asked, actor=alice, body="Which?")
    page = sign_in(alice).get(reverse("automation:clocks", args=[asked.pk])).content.decode()
    for words in ("Service level", "The customer wrote: the clock started", "stands still"):
        assert words in page
    assert "Waiting for the customer" in page


def test_programs_read_the_clocks(asked, alice, api):
    answer = api(alice).get(reverse("api:clocks", args=[asked.pk])).json()
    first = next(c for c in answer["results"] if c["metric"] == "first_response")
    assert (first["state"], first["target_seconds"], first["policy"]) == ("running", 14400, "Usual")


def test_lists_show_and_sort_by_what_is_due(asked, alice, sign_in):
    with clock.at(MONDAY + timedelta(hours=3, minutes=30)):
        page = sign_in(alice).get(reverse("tickets:list"), {"sort": "due"}).content.decode()
    assert 'data-sla="soon"' in page


FORM = {
    "name": "Gold",
    "tier": ["vip"],
    "hours": "always",
    "zone": "calendar",
    "warn": "80",
    "first_response_": "1 h 30 min",
    "first_response_urgent": "15 min",
    "resolution_": "8 h",
    "pauses": ["waiting_customer"],
}


def test_an_admin_makes_one_tries_it_and_puts_it_in_force(admin, ticket, sign_in):
    client = sign_in(admin)
    assert client.post(reverse("automation:new_policy"), FORM).status_code == 302
    policy = Policy.objects.get()
    draft = policy.versions.get()
    assert draft.is_draft
    assert draft.conditions == {"tier": ["vip"]}
    assert draft.targets[0]["minutes"] == {"": 90, "urgent": 15}
    page = reverse("automation:policy", args=[policy.pk])
    assert "1 h 30 min" in client.get(page).content.decode()
    assert client.post(page, FORM | {"tier": []}).status_code == 302
    tried = client.get(reverse("automation:policy_trial", args=[policy.pk])).content.decode()
    assert "it fits 1" in tried
    assert not Clock.objects.exists()
    switch = reverse("automation:switch_policy", args=[policy.pk])
    assert client.post(switch, {"on": "yes"}).status_code == 302
    assert policy.versions.get().is_in_force
    assert client.get(reverse("automation:policies")).status_code == 200
    wrong = client.post(page, FORM | {"first_response_": "soon"})
    assert wrong.status_code == 400
