"""What is still to be done in a ticket, point by point."""

import pytest

from core.errors import Invalid
from tickets import actions
from tickets.models import ChecklistItem


@pytest.fixture
def points(ticket, alice):
    return [actions.add_item(ticket, actor=alice, text=text) for text in ("One", "Two", "Three")]


def texts(ticket):
    return [item.text for item in ticket.checklist.select_related("ticket")]


def test_points_are_added_at_the_end_and_put_in_order(ticket, points, alice):
    assert texts(ticket) == ["One", "Two", "Three"]
    actions.order_items(ticket, actor=alice, ids=[points[2].pk, points[0].pk])
    assert texts(ticket) == ["Three", "One", "Two"]  # what was not named stands at the end


def test_ticking_notes_who_and_when(ticket, points, bob):
    actions.tick_item(points[0], actor=bob, is_done=True)
    item = ChecklistItem.objects.get(pk=points[0].pk)
    assert item.done_by_id == bob.pk and item.done_at
    actions.tick_item(points[0], actor=bob, is_done=False)
    assert ChecklistItem.objects.get(pk=points[0].pk).done_at is None


def test_the_head_shows_the_progress(ticket, points, alice, sign_in):
    actions.tick_item(points[0], actor=alice, is_done=True)
    page = sign_in(alice).get(f"/tickets/{ticket.pk}/").content.decode()
    assert "</span>1/3</span>" in page


def test_the_panel_answers_with_itself(ticket, points, alice, sign_in):
    desk = sign_in(alice)
    added = desk.post(f"/tickets/{ticket.pk}/items/", {"text": " Four  more "})
    assert added.status_code == 201 and "Four more" in added.content.decode()
    ticked = desk.post(f"/tickets/items/{points[0].pk}/tick/", {"value": "yes"})
    assert "1/4" in ticked.content.decode()
    desk.post(f"/tickets/items/{points[1].pk}/rename/", {"text": "Second"})
    gone = desk.post(f"/tickets/items/{points[2].pk}/remove/").content.decode()
    assert "Second" in gone and "Three" not in gone


def test_empty_points_are_refused(ticket, alice):
    with pytest.raises(Invalid):
        actions.add_item(ticket, actor=alice, text="  ")
