"""The typed filter: what each question finds, what is refused, and what has gone since."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from core import clock
from core.errors import Invalid
from customers.models import CustomField, Organisation, Tier
from tests.conftest import write_in
from tickets import actions
from tickets.models import Follow, Status, Ticket
from tickets.queries.condition_fields import FIELDS
from tickets.queries.condition_values import check_named, load_choices, missing_in
from tickets.queries.conditions import (
    conditions_in,
    filter_tickets,
    holds,
    is_of_unresolved,
    read_filter,
)
from tickets.queries.search import find_tickets

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOW):
        yield


@pytest.fixture
def row_of(inbox, carol):
    statuses = {status.category: status for status in Status.objects.all()}

    def make(number: int, category: str = "open", **fields: Any) -> Ticket:
        done = NOW if category in ("resolved", "closed") else None
        defaults: dict[str, Any] = {
            "team": inbox.team,
            "inbox": inbox,
            "customer": carol,
            "last_at": NOW,
            "created_at": NOW,
            "last_message_seq": 1,
            "resolved_at": done,
            "closed_at": done if category == "closed" else None,
        }
        return Ticket.objects.create(
            number=number,
            subject=f"Request {number}",
            status=statuses[category],
            category=category,
            **(defaults | fields),
        )

    return make


def numbers(user: User, *every: Any, any: Any = ()) -> list[int]:
    kept = read_filter({"all": list(map(condition, every)), "any": list(map(condition, any))})
    user = User.objects.get(pk=user.pk)
    found = filter_tickets(Ticket.objects.visible_to(user), kept, user=user)
    return sorted(found.values_list("number", flat=True))


def condition(parts: Any) -> dict[str, Any]:
    return dict(zip(("field", "is", "value"), parts, strict=False))


# What each field finds


def test_status_by_category_by_name_and_all_that_is_unresolved(row_of, alice):
    for number, category in enumerate(("new", "open", "waiting_customer", "resolved", "closed")):
        row_of(number, category)
    own = Status.objects.create(
        code="parts", category="waiting_third_party", name="Parts", customer_name="p"
    )
    row_of(9)
    Ticket.objects.filter(number=9).update(status=own, category="waiting_third_party")
    assert numbers(alice, ("status", "any", ["unresolved"])) == [0, 1, 2, 9]
    assert numbers(alice, ("status", "any", ["closed", "new"])) == [0, 4]
    assert numbers(alice, ("status", "none", ["unresolved"])) == [3, 4]
    assert numbers(alice, ("status", "any", ["parts"])) == [9]
    assert numbers(alice, ("status", "any", ["parts", "new"])) == [0, 9]


def test_priority_in_steps(row_of, alice):
    for priority in (10, 20, 30, 40):
        row_of(priority, priority=priority)
    assert numbers(alice, ("priority", "any", ["low", "urgent"])) == [10, 40]
    assert numbers(alice, ("priority", "none", ["low", "urgent"])) == [20, 30]
    assert numbers(alice, ("priority", "at_least", "high")) == [30, 40]
    assert numbers(alice, ("priority", "at_most", "Normal")) == [10, 20]


def test_tags_by_any_all_none_and_whether_there_are_some(row_of, alice):
    row_of(1, tags=["late", "lamp"])
    row_of(2, tags=["late"])
    row_of(3)
    assert numbers(alice, ("tags", "any", ["lamp", "LATE"])) == [1, 2]
    assert numbers(alice, ("tags", "all", ["lamp", "late"])) == [1]
    assert numbers(alice, ("tags", "none", ["lamp"])) == [2, 3]
    assert numbers(alice, ("tags", "unset")) == [3]
    assert numbers(alice, ("tags", "set")) == [1, 2]


def test_words_of_type_and_language(row_of, alice):
    row_of(1, type="incident", language="zh-hans")
    row_of(2, type="question", language="en")
    row_of(3)
    assert numbers(alice, ("type", "any", ["incident"])) == [1]
    assert numbers(alice, ("type", "none", ["incident"])) == [2, 3]
    assert numbers(alice, ("type", "unset")) == [3]
    assert numbers(alice, ("language", "any", ["zh-hans", "en"])) == [1, 2]
    assert numbers(alice, ("language", "set")) == [1, 2]


def test_team_and_assignee_by_name_by_oneself_and_by_nobody(
    row_of, alice, bob, supervisor, billing
):
    row_of(1, assignee=alice)
    row_of(2, assignee=bob)
    row_of(3)
    row_of(4, team=billing)
    row_of(5, team=None)
    alice.groups.set(supervisor.groups.all())
    assert numbers(alice, ("assignee", "any", ["me"])) == [1]
    assert numbers(bob, ("assignee", "any", ["me"])) == [2]
    assert numbers(alice, ("assignee", "any", ["me", "nobody"])) == [1, 3, 4, 5]
    assert numbers(alice, ("assignee", "none", [str(alice.pk)])) == [2, 3, 4, 5]
    assert numbers(alice, ("assignee", "none", ["nobody"])) == [1, 2]
    assert numbers(supervisor, ("team", "any", ["mine"])) == [1, 2, 3]
    assert numbers(supervisor, ("team", "any", [str(billing.pk), "none"])) == [4, 5]
    assert numbers(supervisor, ("team", "none", ["mine"])) == [4, 5]


def test_door_brand_tier_customer_and_organisation(row_of, supervisor, billing_inbox, carol):
    firm = Organisation(name="Ashworth Ltd", name_index=b"x")
    firm.save()
    dora = write_in(billing_inbox, "dora@example.org", "Invoice", "It is wrong.").ticket.customer
    Ticket.objects.all().delete()
    dora.tier, dora.organisation = Tier.objects.get(code="vip"), firm
    dora.save()
    row_of(1)
    row_of(2, customer=dora, inbox=billing_inbox)
    assert numbers(supervisor, ("inbox", "any", [str(billing_inbox.pk)])) == [2]
    assert numbers(supervisor, ("brand", "any", [str(billing_inbox.brand_id)])) == [1, 2]
    assert numbers(supervisor, ("brand", "none", [str(billing_inbox.brand_id)])) == []
    assert numbers(supervisor, ("tier", "any", ["vip"])) == [2]
    assert numbers(supervisor, ("tier", "none", ["vip"])) == [1]
    assert numbers(supervisor, ("customer", "any", [str(carol.pk)])) == [1]
    assert numbers(supervisor, ("organisation", "any", [str(firm.pk)])) == [2]
    assert numbers(supervisor, ("organisation", "unset")) == [1]


@pytest.mark.parametrize(
    ("field", "column"),
    [("created", "created_at"), ("activity", "last_at"), ("waiting", "waiting_since")],
)
def test_moments_by_their_age(row_of, alice, field, column):
    for days in (0, 1, 3, 10):
        row_of(days, **{column: NOW - days * DAY})
    assert numbers(alice, (field, "older_than", "2 d")) == [3, 10]
    assert numbers(alice, (field, "within", "72 h")) == [0, 1, 3]
    assert numbers(alice, (field, "older_than", "1w")) == [10]
    assert numbers(alice, (field, "within", "30 min")) == [0]


def test_what_never_happened_has_no_age(row_of, alice):
    row_of(1, waiting_since=NOW - DAY)
    row_of(2)
    row_of(3, "resolved")
    assert numbers(alice, ("waiting", "set")) == [1]
    assert numbers(alice, ("waiting", "older_than", "1 min")) == [1]
    assert numbers(alice, ("resolved", "set")) == [3]
    assert numbers(alice, ("resolved", "within", "1 h")) == [3]
    assert numbers(alice, ("resolved", "unset")) == [1, 2]


def test_time_left_until_what_was_promised(row_of, alice):
    row_of(1, next_due_at=NOW - timedelta(minutes=5))
    row_of(2, next_due_at=NOW + timedelta(minutes=20))
    row_of(3, next_due_at=NOW + timedelta(hours=5))
    row_of(4)
    assert numbers(alice, ("due", "overdue")) == [1]
    assert numbers(alice, ("due", "less_than", "30 min")) == [1, 2]
    assert numbers(alice, ("due", "unset")) == [4]
    assert numbers(alice, ("due", "set")) == [1, 2, 3]


def test_what_is_mine_alone_unread_followed(row_of, alice, bob):
    first, second = row_of(1), row_of(2, reopen_count=1)
    actions.mark_read(first, user=alice, seq=1)
    Follow.objects.create(user=bob, ticket=second)
    assert numbers(alice, ("unread", "yes")) == [2]
    assert numbers(alice, ("unread", "no")) == [1]
    assert numbers(bob, ("unread", "yes")) == [1, 2]
    assert numbers(bob, ("followed", "yes")) == [2]
    assert numbers(alice, ("followed", "no")) == [1, 2]
    assert numbers(alice, ("reopened", "yes")) == [2]
    assert numbers(alice, ("reopened", "no")) == [1]


def test_words_are_found_as_the_search_finds_them(ticket, alice, billing_ticket):
    assert numbers(alice, ("text", "has", "lamp flickers")) == [ticket.number]
    assert numbers(alice, ("text", "has", "invoice")) == []
    assert list(find_tickets(alice, "lamp")) == [ticket]


@pytest.mark.parametrize(
    ("kind", "op", "value", "expected"),
    [
        ("text", "any", ["Oak"], [1]),
        ("text", "has", "OA", [1]),
        ("number", "equal", "7", [2]),
        ("number", "at_least", 7.5, [3]),
        ("number", "less_than", "7.5", [2]),
        ("yes_no", "yes", None, [4]),
        ("yes_no", "no", None, [5]),
        ("date", "before", "2026-03-01", [6]),
        ("date", "after", "2026-03-01", [7]),
        ("choice", "any", ["red"], [8]),
        ("choice", "none", ["red"], [1, 2, 3, 4, 5, 6, 7, 9, 10]),
        ("choices", "all", ["red", "blue"], [9]),
        ("choices", "any", ["blue"], [9]),
        ("choice", "set", None, [8, 10]),
        ("choice", "unset", None, [1, 2, 3, 4, 5, 6, 7, 9]),
    ],
)
def test_fields_that_admins_added(row_of, alice, kind, op, value, expected):
    values = {
        "text": ["Oak"],
        "number": [7, 8],
        "yes_no": [True, False],
        "date": ["2026-01-31", "2026-04-01"],
        "choice": ["red"],
        "choices": [["red", "blue"]],
    }
    every = [(of, one) for of, ones in values.items() for one in ones]
    for number, (of, one) in enumerate([*every, ("choice", "green")], start=1):
        row_of(number, custom={"a-b__c": one} if of == kind else {})
    assert numbers(alice, ("custom.a-b__c", op, value)) == expected


# Together


def test_all_of_one_part_and_one_of_the_other(row_of, alice):
    row_of(1, priority=40, tags=["late"])
    row_of(2, priority=40, tags=["lamp"])
    row_of(3, priority=40)
    row_of(4, priority=10, tags=["late"])
    urgent = ("priority", "at_least", "urgent")
    tagged = [("tags", "any", ["late"]), ("tags", "any", ["lamp"])]
    assert numbers(alice, urgent, any=tagged) == [1, 2]
    assert numbers(alice, any=tagged) == [1, 2, 4]
    assert numbers(alice) == [1, 2, 3, 4]


def test_a_filter_shows_nothing_that_its_reader_may_not_see(billing_ticket, ticket, alice, mallory):
    everything = ("status", "any", ["unresolved", "resolved", "closed"])
    assert numbers(alice, everything) == [ticket.number]
    assert numbers(mallory, everything) == []


def test_one_ticket_can_be_asked_whether_it_is_as_said(row_of, alice):
    urgent, other = row_of(1, priority=40), row_of(2)
    kept = read_filter({"all": [condition(("priority", "any", ["urgent"]))]})
    assert holds(kept, urgent, user=alice)
    assert not holds(kept, other, user=alice)
    assert holds({}, other, user=alice)


def test_it_is_known_when_only_unresolved_tickets_can_match():
    def of(*parts, part="all"):
        return is_of_unresolved(read_filter({part: [condition(parts)]}))

    assert of("status", "any", ["unresolved"])
    assert of("status", "any", ["new", "waiting_customer"])
    assert not of("status", "any", ["open", "resolved"])
    assert not of("status", "none", ["closed"])
    assert not of("status", "any", ["new"], part="any")


# Refusals


@pytest.mark.parametrize(
    ("raw", "place", "words"),
    [
        ([], "filter", "parts"),
        ({"every": []}, "filter", "parts"),
        ({"all": {}, "any": {"field": "status"}}, "filter", "list of conditions"),
        ({"all": ["status"]}, "all.0", "condition"),
        ({"all": [{"field": "status", "is": "any", "value": ["new"], "x": 1}]}, "all.0", "else"),
        ({"all": [{"field": "colour", "is": "any"}]}, "all.0.field", "“colour”"),
        ({"all": [{"field": "custom.", "is": "any"}]}, "all.0.field", "“custom.”"),
        ({"any": [{"field": "tags", "is": "older_than"}]}, "any.0.is", "any, all, none"),
        ({"all": [{"field": "tags", "is": "any", "value": []}]}, "all.0.value", "least one"),
        ({"all": [{"field": "tags", "is": "any", "value": [1]}]}, "all.0.value", "look for"),
        ({"all": [{"field": "team", "is": "any", "value": ["x"]}]}, "all.0.value", "no id"),
        ({"all": [{"field": "due", "is": "less_than", "value": "1 y"}]}, "all.0.value", "24 h"),
        ({"all": [{"field": "priority", "is": "any", "value": ["9"]}]}, "all.0.value", "“9”"),
        ({"all": [{"field": "text", "is": "has", "value": " "}]}, "all.0.value", "look for"),
        ({"all": [{"field": "text", "is": "has", "value": "x" * 201}]}, "all.0.value", "200"),
        ({"all": [{"field": "custom.n", "is": "equal", "value": "x"}]}, "all.0.value", "number"),
        ({"all": [{"field": "custom.d", "is": "before", "value": "x"}]}, "all.0.value", "date"),
        ({"all": [{"field": "unread", "is": "yes"}] * 31}, "filter", "30"),
    ],
)
def test_what_is_no_filter_is_refused_by_its_place(raw, place, words):
    with pytest.raises(Invalid) as refusal:
        read_filter(raw)
    assert refusal.value.extra["field"] == place
    assert words in refusal.value.reason


@pytest.mark.parametrize("field", ["team", "assignee", "inbox", "brand", "customer"])
def test_what_nobody_has_is_refused_and_shown_as_gone(alice, inbox, field):
    lost = str(uuid4())
    kept = read_filter({"all": [condition((field, "any", [lost]))]})
    choices = load_choices(alice, kept)
    with pytest.raises(Invalid) as refusal:
        check_named(kept, choices)
    assert refusal.value.extra["field"] == "all.0.value"
    assert missing_in(kept, choices) == {"all.0": [lost]}


def test_another_teams_inbox_cannot_be_named(alice, inbox, billing_inbox):
    for ours in (inbox, billing_inbox):
        kept = read_filter({"all": [condition(("inbox", "any", [str(ours.pk)]))]})
        is_refused = False
        try:
            check_named(kept, load_choices(alice, kept))
        except Invalid:
            is_refused = True
        assert is_refused is (ours == billing_inbox)


def test_added_fields_are_asked_as_their_kind_allows_and_never_when_personal(alice, row_of):
    shown = {"owner": "ticket", "name": "Order", "kind": "number"}
    CustomField.objects.create(code="order", **shown)
    CustomField.objects.create(code="birth", is_personal=True, **shown)
    fine = read_filter({"all": [condition(("custom.order", "at_least", 3))]})
    check_named(fine, load_choices(alice, fine))
    for name, op, place in (("order", "before", "is"), ("birth", "equal", "field")):
        value = "2026-01-01" if op == "before" else 3
        kept = read_filter({"all": [condition((f"custom.{name}", op, value))]})
        with pytest.raises(Invalid) as refusal:
            check_named(kept, load_choices(alice, kept))
        assert refusal.value.extra["field"] == f"all.0.{place}"


def test_what_has_gone_matches_nothing_and_breaks_nothing(row_of, supervisor, billing):
    alice = supervisor
    row_of(1, team=None)
    team = str(billing.pk)
    billing.delete()
    assert numbers(alice, ("team", "any", [team])) == []
    assert numbers(alice, ("team", "none", [team])) == [1]
    assert numbers(alice, ("custom.gone", "any", ["x"])) == []
    assert numbers(alice, ("status", "any", ["a-status-that-was"])) == []
    user = User.objects.get(pk=alice.pk)
    unknown: dict[str, Any] = {"all": [{"field": "moon", "is": "full"}]}
    assert not filter_tickets(Ticket.objects.all(), unknown, user=user).exists()


# Whatever comes


def conditions() -> Any:
    texts = st.text(max_size=12) | st.sampled_from(["me", "nobody", "unresolved", "2 d", "high"])
    values = st.none() | st.integers() | st.floats() | texts | st.lists(texts, max_size=3)
    fields = st.sampled_from([*FIELDS, "custom.x", "custom.a__b"]) | st.text(max_size=8)
    ops = st.sampled_from(sorted({op for field in FIELDS.values() for op in field.ops}))
    return st.fixed_dictionaries({"field": fields, "is": ops, "value": values})


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(conditions(), max_size=4), st.lists(conditions(), max_size=4))
def test_a_filter_is_refused_or_runs(alice, every, some):
    try:
        kept = read_filter({"all": every, "any": some})
    except Invalid as refusal:
        assert refusal.reason
        return
    assert read_filter(kept) == kept
    assert len(list(conditions_in(kept))) == len(every) + len(some)
    list(filter_tickets(Ticket.objects.visible_to(alice), kept, user=alice)[:1])


def test_every_field_has_been_asked_in_every_way():
    """The list above grows with the fields: what is new must be tried here too."""
    asked = {
        "status": {"any", "none"},
        "priority": {"any", "none", "at_least", "at_most"},
        "type": {"any", "none", "set", "unset"},
        "tags": {"any", "all", "none", "set", "unset"},
        "team": {"any", "none"},
        "assignee": {"any", "none"},
        "inbox": {"any", "none"},
        "brand": {"any", "none"},
        "tier": {"any", "none"},
        "customer": {"any", "none"},
        "organisation": {"any", "none", "set", "unset"},
        "language": {"any", "none", "set", "unset"},
        "created": {"older_than", "within"},
        "activity": {"older_than", "within"},
        "resolved": {"older_than", "within", "set", "unset"},
        "waiting": {"older_than", "within", "set", "unset"},
        "due": {"less_than", "overdue", "at_risk", "set", "unset"},
        "reopened": {"yes", "no"},
        "unread": {"yes", "no"},
        "followed": {"yes", "no"},
        "text": {"has"},
    }
    assert {name: set(field.ops) for name, field in FIELDS.items()} == asked
