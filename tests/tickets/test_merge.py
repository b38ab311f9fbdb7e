"""Merging whatever channels and customers, and taking it back."""

import random
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import audit
from core.crypto import data_keys
from core.models import Event
from tests.conftest import write_in
from tickets import actions
from tickets.actions.merge import merge
from tickets.actions.split import split, undo_move
from tickets.errors import AlreadyThere, CannotMove, Merged
from tickets.models import (
    Attachment,
    Delivery,
    Message,
    MessageIndex,
    Move,
    Ticket,
)
from tickets.queries import load_ticket
from tickets.queries.outbound import outbound_of
from tickets.queries.portal import load_request, shown_messages
from tickets.queries.recipients import participants_of

STATE = (
    "status_id",
    "category",
    "waiting_since",
    "first_replied_at",
    "resolved_at",
    "closed_at",
    "reopen_count",
    "last_at",
    "merged_into_id",
)


def fresh(ticket):
    return Ticket.objects.get(pk=ticket.pk)


def state(ticket):
    found = fresh(ticket)
    return {name: getattr(found, name) for name in STATE}


def bodies(ticket):
    return sorted(m.body for m in Message.objects.filter(ticket=ticket).select_related("ticket"))


@pytest.fixture
def dora(inbox):
    """A ticket of another customer in the same inbox."""
    return write_in(inbox, "dora@example.org", "Lamp again", "Mine is dark as well.").ticket


@pytest.fixture
def again(inbox, ticket):
    """Carol's second ticket."""
    return write_in(inbox, "carol@example.org", "Still dark", "Are you there?").ticket


def test_all_that_was_said_is_in_the_target_in_order_of_time(ticket, again, alice):
    actions.reply(again, actor=alice, body="We are.")
    actions.add_note(ticket, actor=alice, body="Look at her other one.")
    merge(ticket, target=again, actor=alice)
    page = load_ticket(alice, again.pk)
    said = [item.message.body for item in page.items if item.message]
    assert said == [
        "It went dark twice today.",
        "Are you there?",
        "We are.",
        "Look at her other one.",
    ]
    assert bodies(ticket) == []
    numbers = list(Message.objects.filter(ticket=again).values_list("seq", flat=True))
    assert len(set(numbers)) == 4 and max(numbers) <= fresh(again).seq
    assert MessageIndex.objects.filter(ticket=again).count() == 4


def test_the_source_is_closed_and_leads_to_the_target(ticket, again, alice, sign_in):
    merge(ticket, target=again, actor=alice)
    source = fresh(ticket)
    assert (source.category, source.merged_into_id) == ("closed", again.pk)
    desk = sign_in(alice)
    answer = desk.get(f"/tickets/{ticket.pk}/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"/tickets/{again.pk}/?merged={ticket.number}")
    landed = desk.get(answer["Location"])
    assert f"#{ticket.number}" in landed.content.decode()
    for view in ("all", "resolved", "open"):
        rows = desk.get(f"/tickets/rows/?view={view}").content.decode()
        assert f"row-{ticket.pk}" not in rows
    assert desk.get(f"/tickets/{ticket.pk}/?stay=1").status_code == 200


def test_a_moved_message_can_still_be_changed(ticket, dora, alice, supervisor):
    """Its words were sealed with another customer's key."""
    asked = ticket.messages.get()
    merge(ticket, target=dora, actor=alice)
    moved = Message.objects.select_related("ticket").get(pk=asked.pk)
    assert moved.body == "It went dark twice today."
    moved.html = "<p>new</p>"
    moved.save()
    assert Message.objects.select_related("ticket").get(pk=asked.pk).html == "<p>new</p>"
    actions.redact_message(asked, actor=supervisor, reason="wrong ticket")  # read before the merge
    redacted = Message.objects.get(pk=asked.pk)
    assert redacted.redacted_at
    assert Event.objects.get(name="message.redacted").ticket_id == dora.pk


def test_replies_to_the_source_land_in_the_target(ticket, again, alice, inbox, react):
    answer = actions.reply(ticket, actor=alice, body="Try this.")
    sent = outbound_of(answer)
    react()
    merge(ticket, target=again, actor=alice)
    by_address = write_in(
        inbox, "carol@example.org", "hello", "By the address.", to=[sent.reply_to]
    )
    by_id = write_in(inbox, "carol@example.org", "hello", "By the id.", in_reply_to=sent.message_id)
    by_number = write_in(
        inbox,
        "carol@example.org",
        f"Re: {outbound_subject(ticket)}",
        "By the number.",
    )
    assert {by_address.ticket_id, by_id.ticket_id, by_number.ticket_id} == {again.pk}
    assert fresh(ticket).category == "closed"


def outbound_subject(ticket):
    from connectors.queries import make_subject_token

    return f"{make_subject_token(ticket.number)} My lamp flickers"


def test_across_inboxes_the_mails_of_both_doors_are_known(
    ticket, billing_inbox, alice, supervisor, inbox
):
    asked = write_in(
        billing_inbox, "carol@example.org", "Invoice", "Wrong sum.", external_id="<b1@x.example>"
    )
    answer = actions.reply(asked.ticket, actor=supervisor, body="We look.")
    sent = outbound_of(answer)
    merge(asked.ticket, target=ticket, actor=supervisor)
    same = write_in(
        billing_inbox, "carol@example.org", "Invoice", "Wrong sum.", external_id="<b1@x.example>"
    )
    assert same.pk == asked.pk
    more = write_in(
        billing_inbox,
        "carol@example.org",
        "Re: Invoice",
        "Thanks.",
        in_reply_to=sent.message_id,
        to=[sent.reply_to],
    )
    assert more.ticket_id == ticket.pk


def test_with_two_customers_the_answer_goes_to_the_targets_alone(ticket, dora, alice):
    actions.reply(ticket, actor=alice, body="For Carol.")
    merge(ticket, target=dora, actor=alice)
    answer = actions.reply(dora, actor=alice, body="For Dora.")
    assert answer.addresses["to"] == ["dora@example.org"]
    assert answer.addresses["cc"] == []
    mail = outbound_of(answer)
    carols = Message.objects.get(body__isnull=False, ticket=dora, customer=ticket.customer)
    assert carols.external_id not in [*mail.references, mail.in_reply_to]
    assert participants_of(fresh_full(dora)) == ["dora@example.org"]


def fresh_full(ticket):
    return Ticket.objects.select_related("inbox", "customer").get(pk=ticket.pk)


def test_a_late_answer_of_the_other_customer_lands_there_and_is_not_answered(
    ticket, dora, alice, inbox
):
    sent = outbound_of(actions.reply(ticket, actor=alice, body="For Carol."))
    merge(ticket, target=dora, actor=alice)
    late = write_in(inbox, "carol@example.org", "Re: lamp", "Thanks!", to=[sent.reply_to])
    assert late.ticket_id == dora.pk
    answer = actions.reply(dora, actor=alice, body="For Dora.")
    assert answer.addresses["to"] == ["dora@example.org"]


def test_what_the_other_customer_wrote_meanwhile_goes_back_with_the_rest(
    ticket, dora, alice, inbox
):
    sent = outbound_of(actions.reply(ticket, actor=alice, body="For Carol."))
    move = merge(ticket, target=dora, actor=alice)
    late = write_in(inbox, "carol@example.org", "Re: lamp", "Thanks!", to=[sent.reply_to])
    undo_move(move, actor=alice)
    late.refresh_from_db()
    assert late.ticket_id == ticket.pk
    assert actions.reply(dora, actor=alice, body="For Dora.").addresses["to"] == [
        "dora@example.org"
    ]


def test_anothers_messages_are_not_split_off_for_the_wrong_customer(ticket, dora, alice):
    [theirs] = ticket.messages.values_list("pk", flat=True)
    merge(ticket, target=dora, actor=alice)
    with pytest.raises(CannotMove, match="another customer"):
        split(dora, messages=[theirs], actor=alice)


def test_an_answer_still_waiting_leaves_as_it_was_written(ticket, dora, alice):
    waiting = actions.reply(ticket, actor=alice, body="For Carol.")
    before = outbound_of(waiting)
    merge(ticket, target=dora, actor=alice)
    after = outbound_of(Message.objects.get(pk=waiting.pk))
    assert (after.subject, after.reply_to, after.to) == (before.subject, before.reply_to, before.to)
    assert "Lamp again" not in after.subject


def test_no_customer_sees_the_others_words_in_the_portal(ticket, dora, alice, react):
    actions.mark_sent(
        actions.start_sending(actions.reply(ticket, actor=alice, body="For Carol.").pk),
        external_id="<x@y>",
    )
    merge(ticket, target=dora, actor=alice)
    after = actions.reply(dora, actor=alice, body="For Dora.")
    actions.mark_sent(actions.start_sending(after.pk), external_id="<z@y>")
    dora_sees = [m.body for m in shown_messages(portal_ticket(dora))]
    carol_sees = [m.body for m in shown_messages(portal_ticket(ticket))]
    assert dora_sees == ["Mine is dark as well.", "For Dora."]
    assert carol_sees == ["It went dark twice today.", "For Carol."]
    page = load_request(ticket.customer, ticket.inbox.brand, ticket.pk)
    assert page.ticket.category == fresh(dora).category  # as far as the common one is


def portal_ticket(ticket):
    return Ticket.objects.select_related("customer", "merged_into").get(pk=ticket.pk)


def test_a_customers_two_requests_become_one_in_the_portal(ticket, again, alice):
    merge(ticket, target=again, actor=alice)
    page = load_request(ticket.customer, ticket.inbox.brand, ticket.pk)
    assert page.ticket.pk == again.pk
    assert [m.body for m in page.messages] == ["It went dark twice today.", "Are you there?"]


def test_undo_puts_everything_back(ticket, dora, alice, bob):
    actions.attach(
        ticket, ticket.messages.get(), filename="a.txt", content_type="text/plain", content=b"a"
    )
    actions.reply(ticket, actor=alice, body="For Carol.")
    before = state(ticket), state(dora), bodies(ticket), bodies(dora)
    move = merge(ticket, target=dora, actor=alice)
    assert Attachment.objects.get().ticket_id == dora.pk
    undo_move(move, actor=bob)
    assert (state(ticket), state(dora), bodies(ticket), bodies(dora)) == before
    assert Attachment.objects.get().ticket_id == ticket.pk
    names = Event.objects.filter(ticket_id=dora.pk).values_list("name", flat=True)
    assert {"ticket.merged", "ticket.unmerged"} <= set(names)
    with pytest.raises(AlreadyThere):
        undo_move(move, actor=alice)


def test_undo_keeps_what_came_since(ticket, dora, alice, inbox):
    sent = outbound_of(actions.reply(ticket, actor=alice, body="For Carol."))
    move = merge(ticket, target=dora, actor=alice)
    write_in(inbox, "carol@example.org", "Re: lamp", "Since then.", to=[sent.reply_to])
    actions.add_note(dora, actor=alice, body="Of both.")
    actions.move_to_status(dora, actor=alice, status="resolved")
    undo_move(move, actor=alice)
    assert "Of both." in bodies(dora)
    assert "Since then." in bodies(ticket), "of its own customer"
    assert "It went dark twice today." in bodies(ticket)
    assert fresh(dora).category == "resolved"
    assert fresh(ticket).category == "open"


def test_what_was_merged_follows_the_target_and_comes_back(ticket, again, dora, alice):
    first = merge(ticket, target=again, actor=alice)
    second = merge(again, target=dora, actor=alice)
    assert fresh(ticket).merged_into_id == dora.pk
    with pytest.raises(CannotMove):
        undo_move(first, actor=alice)
    undo_move(second, actor=alice)
    assert fresh(ticket).merged_into_id == again.pk
    undo_move(first, actor=alice)
    assert bodies(ticket) == ["It went dark twice today."]


def test_what_cannot_be_merged_is_refused(ticket, again, dora, alice):
    with pytest.raises(CannotMove):
        merge(ticket, target=ticket, actor=alice)
    merge(ticket, target=again, actor=alice)
    with pytest.raises(AlreadyThere):
        merge(ticket, target=dora, actor=alice)
    with pytest.raises(AlreadyThere):
        merge(dora, target=ticket, actor=alice)


def test_an_answer_taken_back_after_the_merge(ticket, again, alice):
    waiting = actions.reply(ticket, actor=alice, body="Oops.")
    merge(ticket, target=again, actor=alice)
    actions.withdraw(waiting, actor=alice)
    assert Delivery.objects.get(message=waiting).state == "withdrawn"
    assert fresh(again).waiting_since is not None


@pytest.mark.django_db(transaction=True)
def test_the_proof_of_the_history_holds(ticket, again, alice, seal):
    move = merge(ticket, target=again, actor=alice)
    undo_move(move, actor=alice)
    seal()
    assert list(audit.verify()) == []


# Whatever people do in whatever order


@pytest.mark.slow
@pytest.mark.django_db
@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.integers(0, 10**6), st.integers(3, 14))
def test_no_message_is_ever_lost_or_doubled(inbox, alice, seed, steps):
    with transaction.atomic():
        _live(inbox, alice, random.Random(seed), steps)
        transaction.set_rollback(True)
    data_keys.forget()


def _live(inbox, alice, rng, steps):
    tickets = [
        write_in(inbox, f"p{n % 2}@example.org", f"Subject {n}", f"Body {n}").ticket
        for n in range(4)
    ]
    for ticket in tickets:
        actions.reply(ticket, actor=alice, body=f"Answer {ticket.number}")
    everything = list(Message.objects.filter(ticket__in=tickets).values_list("pk", flat=True))
    words = {m.pk: m.body for m in Message.objects.filter(pk__in=everything)}
    moves: list[Move] = []
    for _ in range(steps):
        _step(rng, moves, alice, inbox)
        found = Message.objects.filter(pk__in=everything).select_related("ticket")
        assert {m.pk: m.body for m in found} == words
        assert all(m.ticket.merged_into_id is None for m in found)
        for ticket in Ticket.objects.filter(messages__in=found).distinct():
            numbers = list(ticket.messages.values_list("seq", flat=True))
            assert len(set(numbers)) == len(numbers) and max(numbers) <= ticket.seq
    for move in Move.objects.filter(undone_at=None).order_by("-at"):
        undo_move(move, actor=alice)
    homes = dict(Message.objects.filter(pk__in=everything).values_list("pk", "ticket"))
    # Taken back out of turn, a message that had moved on ends where it was last taken from.
    assert set(homes.values()) <= {ticket.pk for ticket in tickets} and len(homes) == 8
    assert not list(audit._check_ticket_heads())


def _step(rng, moves, actor, inbox):
    living = list(Ticket.objects.filter(merged_into=None, inbox=inbox).order_by("pk"))
    what = rng.choice(["merge", "merge", "split", "undo"])
    try:
        if what == "merge":
            source, target = rng.sample(living, 2)
            moves.append(merge(source, target=target, actor=actor))
        elif what == "split":
            source = rng.choice(living)
            ids = sorted(source.messages.values_list("pk", flat=True))
            moves.append(split(source, messages=ids[: rng.randint(1, 2)], actor=actor))
        elif moves:
            undo_move(rng.choice(moves), actor=actor)
    except (CannotMove, AlreadyThere, ValueError):
        pass


def test_nothing_is_written_to_what_was_merged(ticket, again, alice):
    merge(ticket, target=again, actor=alice)
    for write in (
        lambda: actions.reply(ticket, actor=alice, body="Lost?"),
        lambda: actions.add_note(ticket, actor=alice, body="Lost?"),
        lambda: actions.open_side(
            ticket, actor=alice, people=["eve@example.net"], subject="s", body="b"
        ),
        lambda: actions.move_to_status(ticket, actor=alice, status="open"),
    ):
        with pytest.raises(Merged) as refused:
            write()
        assert f"#{again.number}" in refused.value.reason


def test_programs_merge_split_and_undo(ticket, again, alice, api):
    program = api(alice)
    made = program.post(
        f"/api/v1/tickets/{ticket.pk}/merge/", {"target": str(again.pk)}, format="json"
    )
    assert made.status_code == 201
    move = made.json()
    assert (move["kind"], move["origin"], move["target"]) == (
        "merge",
        str(ticket.pk),
        str(again.pk),
    )
    undone = program.post(f"/api/v1/moves/{move['id']}/undo/")
    assert undone.json()["undone_at"] and fresh(ticket).merged_into_id is None
    actions.add_note(ticket, actor=alice, body="Of something else.")
    note = ticket.messages.get(kind="note")
    parted = program.post(
        f"/api/v1/tickets/{ticket.pk}/split/", {"messages": [str(note.pk)]}, format="json"
    )
    assert Message.objects.get(pk=note.pk).ticket_id == UUID(parted.json()["target"])


def test_a_colleagues_page_follows(ticket, again, alice, bob, sign_in):
    head = fresh(again).seq
    merge(ticket, target=again, actor=alice)
    desk = sign_in(bob)
    target = desk.get(f"/tickets/{again.pk}/changes/?after={head}").content.decode()
    assert "It went dark twice today." in target and "into this ticket" in target
    source = desk.get(f"/tickets/{ticket.pk}/changes/?after=1").content.decode()
    assert "Merged into" in source and f"#{again.number}" in source
