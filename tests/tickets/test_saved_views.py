"""Saved views: whose they are, what they show, how many, in what order, and that they come back."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from bench.counting import counting
from core import clock
from core.crypto import data_keys
from core.errors import Invalid, NotAllowed
from tests.conftest import write_in
from tickets import actions
from tickets.models import SavedView, Ticket
from tickets.queries import ListRequest, list_tickets
from tickets.queries.saved import count_saved, key_of, load_menu

URGENT = {
    "all": [
        {"field": "status", "is": "any", "value": ["unresolved"]},
        {"field": "priority", "is": "at_least", "value": "urgent"},
    ],
    "any": [],
}
RESOLVED = {"all": [{"field": "status", "is": "any", "value": ["resolved"]}], "any": []}


def again(user: User) -> User:
    """As at the next request: nothing is remembered of the rights."""
    return User.objects.get(pk=user.pk)


def make(actor: User, name: str = "Urgent", **given: Any) -> SavedView:
    return actions.create_view(
        actor=again(actor), name=name, **({"filter": URGENT, "scope": "me"} | given)
    )


def names(user: User) -> list[str]:
    return [view.name for view in load_menu(again(user)).views]


@pytest.fixture
def urgent(ticket, alice) -> Ticket:
    return actions.set_priority(ticket, actor=alice, priority=40)


# Whose they are


def test_a_view_belongs_to_one_to_a_team_or_to_everybody(alice, bob, wei, supervisor, support):
    make(alice, "Mine")
    make(alice, "Support's", scope=str(support.pk))
    make(supervisor, "Everybody's", scope="everybody")
    assert names(alice) == ["Mine", "Everybody's", "Support's"]
    assert names(bob) == ["Everybody's", "Support's"]
    assert names(wei) == ["Everybody's"]


def test_sharing_needs_the_right_and_a_team_of_ones_own(alice, light, billing, supervisor, support):
    with pytest.raises(NotAllowed):
        make(alice, scope="everybody")
    with pytest.raises(Invalid):
        make(alice, scope=str(billing.pk))
    with pytest.raises(NotAllowed):
        make(light, scope=str(support.pk))
    assert make(supervisor, scope=str(billing.pk)).team == billing
    assert make(light).owner == light


def test_only_who_may_change_a_view_changes_it(alice, bob, wei, supervisor, support):
    own = make(alice)
    teams = make(alice, scope=str(support.pk))
    shared = make(supervisor, scope="everybody")
    for view, actor in ((own, bob), (own, supervisor), (teams, wei), (shared, alice)):
        with pytest.raises(NotAllowed):
            actions.change_view(view, actor=again(actor), name="Other")
        with pytest.raises(NotAllowed):
            actions.delete_view(view, actor=again(actor))
    for view, actor in ((own, alice), (teams, bob), (shared, supervisor)):
        changed = actions.change_view(view, actor=again(actor), name="Other")
        assert changed.name == "Other"
        assert changed.filter == URGENT


def test_whoever_leaves_a_team_loses_its_views_at_once(alice, support, sign_in, urgent):
    view = make(alice, "Support's", scope=str(support.pk))
    desk = sign_in(alice)
    assert "Support&#x27;s" in desk.get("/tickets/").content.decode()
    alice.teams.clear()
    page = desk.get(f"/tickets/?view={key_of(view)}").content.decode()
    assert "Support&#x27;s" not in page
    assert "This view is gone" in page


# What they show


def test_a_list_shows_what_the_view_says_in_the_views_own_order(urgent, alice, inbox, sign_in):
    write_in(inbox, "dora@example.org", "Just a question", "Is it blue?")
    first = write_in(inbox, "eve@example.org", "Burning", "It burns.").ticket
    actions.set_priority(first, actor=alice, priority=40)
    desk = sign_in(alice)
    view = make(alice, sort="oldest")
    page = desk.get(f"/tickets/?view={key_of(view)}").content.decode()
    assert page.index("My lamp flickers") < page.index("Burning")
    assert "Just a question" not in page
    turned = desk.get(f"/tickets/?view={key_of(view)}&sort=newest").content.decode()
    assert turned.index("Burning") < turned.index("My lamp flickers")
    rows = desk.get(f"/tickets/rows/?view={key_of(view)}").content.decode()
    assert "Burning" in rows
    assert "Just a question" not in rows


def test_spam_stands_in_no_saved_view(urgent, alice):
    view = make(alice)
    asked = ListRequest(view=key_of(view))
    assert list_tickets(again(alice), asked).rows == [urgent]
    actions.mark_spam(urgent, actor=alice)
    assert list_tickets(again(alice), asked).rows == []


def test_a_view_that_never_was_is_said_to_be_gone(alice, sign_in):
    desk = sign_in(alice)
    for key in (f"saved-{uuid4()}", "saved-x", "saved-"):
        page = desk.get(f"/tickets/?view={key}")
        assert page.status_code == 200
        assert "This view is gone" in page.content.decode()
        assert desk.get(f"/tickets/rows/?view={key}").status_code == 200


def test_an_empty_view_says_so_and_what_can_be_done(alice, sign_in):
    page = sign_in(alice).get(f"/tickets/?view={key_of(make(alice))}").content.decode()
    assert "Nothing matches this view" in page
    assert "Edit this view" in page


def test_tags_and_density_are_options_of_the_view(alice, sign_in):
    desk = sign_in(alice)
    plain, compact = make(alice), make(alice, columns=["compact"])
    assert "data-untagged" not in desk.get(f"/tickets/?view={key_of(plain)}").content.decode()
    page = desk.get(f"/tickets/?view={key_of(compact)}").content.decode()
    assert "data-untagged" in page
    assert "data-compact" in page


def test_what_comes_due_is_listed_in_that_order_and_the_rest_behind(alice, inbox):
    made = [write_in(inbox, f"c{n}@example.org", f"No {n}", "x").ticket for n in range(5)]
    for place, n in enumerate((3, 1, 4)):
        due = clock.now() + timedelta(hours=place)
        Ticket.objects.filter(pk=made[n].pk).update(next_due_at=due)
    asked, shown = ListRequest(view="open", sort="due", limit=2), []
    while True:
        page = list_tickets(again(alice), asked)
        shown += [ticket.pk for ticket in page.rows]
        if not page.next:
            break
        asked = asked.at(page.next)
    assert shown[:3] == [made[3].pk, made[1].pk, made[4].pk]
    assert sorted(shown[3:]) == sorted([made[0].pk, made[2].pk])


# How many


def test_numbers_are_those_of_the_lists(urgent, alice, bob, supervisor, billing_ticket):
    actions.set_priority(billing_ticket, actor=supervisor, priority=40)
    view, other = make(supervisor, scope="everybody"), make(alice, filter=RESOLVED)
    assert count_saved(again(alice), [view, other]) == {key_of(view): 1}
    assert count_saved(again(supervisor), [view]) == {key_of(view): 2}
    assert count_saved(again(bob), []) == {}


def test_numbers_of_thirty_views_take_one_statement(urgent, alice, sign_in):
    fields = [("tags", "any", ["late"]), ("assignee", "any", ["me"]), ("unread", "yes", None)]
    for number in range(30):
        field, op, value = fields[number % 3]
        one = {"field": field, "is": op} | ({"value": value} if value else {})
        make(alice, f"View {number}", filter={"all": [*URGENT["all"], one], "any": []})
    desk = sign_in(alice)
    desk.get("/tickets/views/counts/")
    data_keys.forget()
    with counting() as count:
        answer = desk.get("/tickets/views/counts/")
    assert len(answer.json()) == 30
    # Session, user, rights, the views, their keys, their numbers.
    assert len(count.statements) <= 6


def test_a_page_of_any_saved_view_takes_eight_statements(urgent, alice, sign_in):
    desk = sign_in(alice)
    every = {
        "all": [
            {"field": "tier", "is": "none", "value": ["vip"]},
            {"field": "text", "is": "has", "value": "lamp"},
            {"field": "unread", "is": "yes"},
            {"field": "custom.order", "is": "unset"},
        ],
        "any": URGENT["all"],
    }
    for filter in (URGENT, RESOLVED, every):
        view = make(alice, filter=filter)
        desk.get(f"/tickets/?view={key_of(view)}")
        data_keys.forget()
        with counting() as count:
            answer = desk.get(f"/tickets/?view={key_of(view)}")
        assert answer.status_code == 200
        assert len(count.statements) <= 8


# Made, put in order, deleted


def test_they_are_made_changed_and_duplicated_in_the_sheet(alice, sign_in, urgent):
    desk = sign_in(alice)
    said = {"name": "  Urgent   now ", "filter": json.dumps(URGENT), "sort": "due", "scope": "me"}
    made = desk.post("/tickets/views/", said)
    assert made.status_code == 201
    view = SavedView.objects.get()
    assert (view.name, view.sort, view.columns) == ("Urgent now", "due", [])
    assert made.json()["url"] == f"/tickets/?view=saved-{view.pk}"
    sheet = desk.get(f"/tickets/views/editor/?pk={view.pk}").content.decode()
    assert 'value="Urgent now"' in sheet
    assert f'data-url="/tickets/views/{view.pk}/"' in sheet
    copy = desk.get(f"/tickets/views/editor/?pk={view.pk}&copy=1").content.decode()
    assert "Copy of Urgent now" in copy
    assert 'data-url="/tickets/views/"' in copy
    changed = desk.post(f"/tickets/views/{view.pk}/", said | {"name": "Fire", "columns": ["tags"]})
    assert changed.json()["name"] == "Fire"
    assert SavedView.objects.get().columns == ["tags"]


def test_a_new_view_begins_with_the_list_one_stands_in(alice, sign_in):
    address = "/tickets/views/editor/?view=mine&priority=high&tag=Late"
    sheet = sign_in(alice).get(address).content.decode()
    block = sheet.split('id="view-builder" type="application/json">')[1].split("</script>")[0]
    assert json.loads(block)["filter"]["all"] == [
        {"field": "status", "is": "any", "value": ["unresolved"]},
        {"field": "assignee", "is": "any", "value": ["me"]},
        {"field": "priority", "is": "any", "value": ["high"]},
        {"field": "tags", "is": "all", "value": ["late"]},
    ]


def test_the_sheet_shows_what_has_gone_instead_of_failing(alice, billing, sign_in, supervisor):
    gone = {"all": [{"field": "team", "is": "any", "value": [str(billing.pk)]}], "any": []}
    view = make(alice, filter=gone)
    billing.delete()
    desk = sign_in(alice)
    sheet = desk.get(f"/tickets/views/editor/?pk={view.pk}").content.decode()
    block = sheet.split('id="view-builder" type="application/json">')[1].split("</script>")[0]
    assert json.loads(block)["gone"] == {"all.0": gone["all"][0]["value"]}
    assert desk.get(f"/tickets/?view={key_of(view)}").status_code == 200


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"filter": "{"}, "filter"),
        ({"filter": json.dumps({"all": [{"field": "moon", "is": "any"}]})}, "all.0.field"),
        ({"sort": "colour"}, "sort"),
        ({"columns": ["moon"]}, "columns"),
        ({"scope": "x"}, "scope"),
    ],
)
def test_what_is_wrong_is_named(alice, sign_in, said, field):
    fine = {"name": "n", "filter": json.dumps(URGENT), "sort": "newest", "scope": "me"}
    answer = sign_in(alice).post("/tickets/views/", fine | said, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert not SavedView.objects.exists()


def test_the_sheet_says_how_many_and_shows_the_first(urgent, alice, bob, sign_in, billing_ticket):
    def peek(user: User, filter: Any) -> str:
        data = {"filter": json.dumps(filter)}
        return sign_in(user).post("/tickets/views/preview/", data).content.decode()

    assert "1 ticket" in peek(alice, URGENT)
    assert "My lamp flickers" in peek(alice, URGENT)
    assert "0 tickets" in peek(alice, RESOLVED)
    everything = {"all": [{"field": "status", "is": "any", "value": ["unresolved"]}]}
    assert "Invoice" not in peek(bob, everything)


def test_views_are_put_in_order_among_their_own(alice, supervisor):
    for name in ("One", "Two", "Three"):
        make(alice, name)
    make(supervisor, "Shared", scope="everybody")
    three = SavedView.objects.get(name="Three")
    actions.move_view(three, actor=again(alice), by=-1)
    assert names(alice) == ["One", "Three", "Two", "Shared"]
    actions.move_view(three, actor=again(alice), by=-1)
    actions.move_view(three, actor=again(alice), by=-1)
    assert names(alice) == ["Three", "One", "Two", "Shared"]
    actions.move_view(three, actor=again(alice), by=1)
    assert names(alice) == ["One", "Three", "Two", "Shared"]


def test_a_deleted_view_comes_back_as_it_was(alice, bob, support, sign_in):
    desk = sign_in(alice)
    view = make(alice, "Team's", scope=str(support.pk), sort="due", columns=["compact"])
    token = desk.post(f"/tickets/views/{view.pk}/delete/").json()["undo"]
    assert not SavedView.objects.exists()
    for client, given, status in (
        (sign_in(bob), token, 403),
        (desk, token[:-3] + "abc", 400),
        (desk, token, 200),
        (desk, token, 200),
    ):
        answer = client.post("/tickets/views/restore/", {"token": given})
        assert answer.status_code == status
    back = SavedView.objects.get()
    assert (back.pk, back.name, back.team, back.owner) == (view.pk, "Team's", support, None)
    assert (back.sort, back.columns, back.filter) == ("due", ["compact"], URGENT)


def test_what_came_back_does_not_widen_what_one_may_share(alice, support):
    view = make(alice, scope=str(support.pk))
    token = actions.delete_view(view, actor=again(alice))
    alice.teams.clear()
    with pytest.raises(Invalid):
        actions.restore_view(token, actor=again(alice))
    assert not SavedView.objects.exists()


def test_nobody_keeps_more_views_than_can_be_counted(alice, monkeypatch):
    monkeypatch.setattr("tickets.actions.saved_views.MAX_VIEWS", 2)
    make(alice, "One")
    make(alice, "Two")
    with pytest.raises(Invalid):
        make(alice, "Three")


def test_people_are_found_to_be_chosen(alice, light, sign_in, carol):
    def found(client: Client, q: str) -> list[list[str]]:
        return client.get(f"/tickets/views/people/?what=customer&q={q}").json()["found"]

    assert found(sign_in(alice), "ashworth") == [[str(carol.pk), "Carol Ashworth"]]
    assert found(sign_in(alice), "") == []


def test_a_filter_is_sealed_where_it_is_kept(alice, carol):
    make(alice, filter={"all": [{"field": "text", "is": "has", "value": "kaleidoscope"}]})
    with connection.cursor() as cursor:
        cursor.execute("SELECT filter FROM tickets_savedview")
        [[kept]] = cursor.fetchall()
    assert b"kaleidoscope" not in bytes(kept)


# By programs


def test_programs_make_views_and_list_by_them(urgent, alice, api, inbox):
    write_in(inbox, "dora@example.org", "Just a question", "Is it blue?")
    program = api(alice)
    body = {"name": "Urgent", "filter": URGENT, "sort": "oldest"}
    made = program.post("/api/v1/views/", body, format="json", headers={"Idempotency-Key": "1"})
    assert made.status_code == 201
    assert made.json()["filter"] == URGENT
    again = program.post("/api/v1/views/", body, format="json", headers={"Idempotency-Key": "1"})
    assert again.json() == made.json()
    [shown] = program.get("/api/v1/views/").json()["results"]
    assert shown == made.json()
    assert program.get(f"/api/v1/views/{shown['id']}/").json() == shown
    listed = program.get(f"/api/v1/tickets/?view={shown['view']}").json()["results"]
    assert [row["id"] for row in listed] == [str(urgent.pk)]


def test_programs_filter_without_a_view(urgent, alice, api, inbox):
    other = write_in(inbox, "dora@example.org", "Just a question", "Is it blue?").ticket

    def listed(filter: str) -> Any:
        return api(alice).get("/api/v1/tickets/", {"filter": filter})

    normal = {"all": [{"field": "priority", "is": "any", "value": ["normal"]}]}
    assert [row["id"] for row in listed(json.dumps(normal)).json()["results"]] == [str(other.pk)]
    for wrong in ("{", "[]", "9" * 5000, '{"all": [{"field": "x"}]}'):
        assert listed(wrong).status_code == 400, wrong
