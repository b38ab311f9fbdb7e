"""A tag that is renamed, merged or deleted is so wherever it is named."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from core.models import Event
from tickets import actions
from tickets.models import Macro, SavedView, Ticket
from tickets.queries.saved import key_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def tagged(ticket, alice):
    return actions.set_tags(ticket, actor=alice, tags=["refund"])


def view_of(owner, op, *tags, also=()):
    conditions = [{"field": "tags", "is": op, "value": list(tags)}, *also]
    return actions.create_view(actor=owner, name="Mine", filter={"all": conditions})


def macro_of(alice, *steps, body=""):
    return actions.save_macro(
        None, actor=alice, owner=alice, name="m", body=body, actions=list(steps), condition={}
    )


def wanted(view):
    kept = SavedView.objects.get(pk=view.pk).filter
    return [(one["is"], one["value"]) for one in kept["all"] if one["field"] == "tags"]


@pytest.fixture
def rename(admin, sign_in):
    def post(*tags, to=""):
        form = {"tags": list(tags), "to": to, "do": "rename" if to else "delete"}
        answer = sign_in(admin).post(reverse("tickets:tags_admin"), form)
        assert answer.status_code == 302
        return Event.objects.get(name="tags.renamed").details

    return post


def test_a_saved_view_goes_on_showing_its_tickets(tagged, alice, rename, sign_in):
    """Somebody's own, which the admin who renames does not see."""
    view = view_of(alice, "any", "refund", "vip")
    page = f"{reverse('tickets:rows')}?view={key_of(view)}"
    client = sign_in(alice)
    assert f"row-{tagged.pk}" in client.get(page).content.decode()

    details = rename("refund", to="money back")

    assert wanted(view) == [("any", ["money back", "vip"])]
    assert f"row-{tagged.pk}" in client.get(page).content.decode()
    assert details["named"] == {"views": 1, "macros": 0, "recurrences": 0}


def test_what_does_not_name_it_is_left_alone(tagged, alice, rename):
    text = {"field": "text", "is": "has", "value": "refund"}
    view = view_of(alice, "all", "vip", also=[text])
    macro = macro_of(alice, {"do": "add_tags", "value": ["vip"]}, body="Your refund.")
    before = (SavedView.objects.get(pk=view.pk).filter, Macro.objects.get(pk=macro.pk).updated_at)

    assert rename("refund", to="money back")["named"]["views"] == 0

    after = (SavedView.objects.get(pk=view.pk).filter, Macro.objects.get(pk=macro.pk).updated_at)
    assert after == before


def test_a_macro_sets_and_takes_the_new_name(tagged, alice, rename):
    macro = macro_of(
        alice,
        {"do": "add_tags", "value": ["Refund", "vip"]},
        {"do": "remove_tags", "value": ["refund"]},
    )
    conditional = macro_of(alice, body="Soon.")
    asked = {"all": [{"field": "tags", "is": "all", "value": ["refund"]}]}
    Macro.objects.filter(pk=conditional.pk).update(condition=asked)

    rename("refund", to="money back")

    assert Macro.objects.get(pk=macro.pk).actions == [
        {"do": "add_tags", "value": ["money back", "vip"]},
        {"do": "remove_tags", "value": ["money back"]},
    ]
    kept = Macro.objects.get(pk=conditional.pk).condition
    assert kept["all"][0]["value"] == ["money back"]


def test_two_that_become_one_are_named_once(tagged, alice, rename):
    actions.set_tags(tagged, actor=alice, tags=["refund", "refunds"])
    view = view_of(alice, "none", "refund", "refunds")
    rename("refund", "refunds", to="money")
    assert wanted(view) == [("none", ["money"])]


@pytest.mark.parametrize(
    ("op", "tags", "left"),
    [
        ("any", ["refund", "vip"], [("any", ["vip"])]),
        ("any", ["refund"], [("any", ["refund"])]),
        ("none", ["refund"], []),
    ],
)
def test_a_deleted_tag_never_makes_a_view_show_more(tagged, alice, rename, op, tags, left):
    view = view_of(alice, op, *tags)
    rename("refund")
    assert wanted(view) == left


def test_no_macro_brings_a_deleted_tag_back(tagged, alice, rename):
    both = macro_of(alice, {"do": "add_tags", "value": ["refund"]}, body="Done.")
    alone = macro_of(alice, {"do": "add_tags", "value": ["refund"]})

    rename("refund")

    both.refresh_from_db(), alone.refresh_from_db()
    assert (both.actions, both.is_active) == ([], True)
    assert (alone.actions, alone.is_active) == ([], False)
    assert Ticket.objects.get().tags == []


def test_a_recurring_ticket_is_opened_with_the_new_name(tagged, alice, rename):
    again = actions.repeat_ticket(
        tagged,
        actor=alice,
        body="Again.",
        every=1,
        unit="month",
        first_at=datetime(2099, 1, 31, 9, tzinfo=UTC),
        timezone="UTC",
    )
    assert again.tags == ["refund"]
    rename("refund", to="money back")
    again.refresh_from_db()
    assert again.tags == ["money back"]
