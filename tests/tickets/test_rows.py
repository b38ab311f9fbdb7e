"""The rows of a list: escaped, in the reader's language, and made of few objects."""

import re

import pytest
from django.utils import translation

from accounts.models import User
from tickets import actions
from tickets.queries import ListRequest, list_tickets

PAYLOAD = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture
def hostile(inbox, mail_in, alice):
    ticket = mail_in(inbox, "carla@example.org", PAYLOAD, "Hello", name=PAYLOAD).ticket
    actions.set_tags(ticket, actor=alice, tags=["<b>bold</b>", "two", "three"])
    actions.set_priority(ticket, actor=alice, priority=40)
    User.objects.filter(pk=alice.pk).update(name=PAYLOAD)
    return actions.assign(ticket, actor=alice, assignee=alice)


@pytest.mark.parametrize("path", ["/tickets/", "/tickets/rows/"])
def test_nothing_that_people_wrote_is_markup_in_a_row(hostile, alice, sign_in, path):
    page = sign_in(alice).get(path).content.decode()
    row = re.search(r'<li class="trow".*?</li>', page, re.S)[0]
    assert "&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;&amp;" in row
    assert "&lt;b&gt;bold" in row
    assert "<img" not in row
    assert "<b>" not in row
    assert "+1" in row


def test_a_row_speaks_the_readers_language(ticket, alice, sign_in):
    User.objects.filter(pk=alice.pk).update(language="zh-hans")
    with translation.override("zh-hans"):
        unread = translation.gettext("unread")
    assert f", {unread}</span>" in sign_in(alice).get("/tickets/").content.decode()


def test_the_open_ticket_is_marked_and_ones_own_face_too(ticket, alice, sign_in):
    actions.assign(ticket, actor=alice, assignee=alice)
    page = sign_in(alice).get("/tickets/rows/?view=mine").content.decode()
    assert f'href="/tickets/{ticket.pk}/?view=mine"' in page
    assert "ava-me" in page


def test_rows_share_what_they_have_in_common(inbox, mail_in, alice, bob, django_assert_num_queries):
    first = mail_in(inbox, "carol@example.org", "One", "Hello").ticket
    second = mail_in(inbox, "carol@example.org", "Two", "Hello").ticket
    third = mail_in(inbox, "dora@example.org", "Three", "Hello").ticket
    actions.assign(first, actor=alice, assignee=bob)
    actions.assign(third, actor=alice, assignee=alice)

    rows = {t.pk: t for t in list_tickets(alice, ListRequest(view="all")).rows}

    with django_assert_num_queries(0):
        assert rows[first.pk].customer is rows[second.pk].customer
        assert rows[first.pk].customer.tier is rows[third.pk].customer.tier
        assert rows[first.pk].customer.pk == first.customer_id
        assert rows[third.pk].customer.pk == third.customer_id
        assert [
            rows[t.pk].assignee and rows[t.pk].assignee.name for t in (first, second, third)
        ] == [
            bob.name,
            None,
            alice.name,
        ]
        assert {str(t.status) and t.inbox.name for t in rows.values()} == {inbox.name}
