"""The charts of a customer's history, against figures counted by hand."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from core import clock
from tickets import actions
from tickets.queries.customer_history import history_of

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def told(inbox, mail_in, alice):
    """Two in June (answered after 1 and 3 hours), one in April (not answered), one too old."""
    for days, hours in ((1, 1), (2, 3), (60, 0), (500, 1)):
        asked = NOW - timedelta(days=days)
        with clock.at(asked):
            ticket = mail_in(inbox, "carol@example.org", f"Asked {days}", "Please help.").ticket
        if hours:
            with clock.at(asked + timedelta(hours=hours)):
                actions.reply(ticket, actor=alice, body="Like this.")
    return ticket.customer


def url(customer):
    return f"/tickets/of/{customer.pk}/history/"


def test_requests_and_first_answers_by_month(told, alice):
    with clock.at(NOW):
        found = history_of(alice, told.pk)

    assert [month.requests for month in found.months] == [0] * 9 + [1, 0, 2]
    assert [str(month.first) for month in found.months][::11] == ["2025-07-01", "2026-06-01"]
    assert found.months[-1].first_answer == timedelta(hours=2)
    assert found.months[9].first_answer is None
    assert (found.requests, found.first_answer) == (3, timedelta(hours=2))
    assert found.channels == [("mail", 3)]


def test_every_chart_has_a_name_and_a_table(told, alice, sign_in):
    with clock.at(NOW):
        html = sign_in(alice).get(url(told)).content.decode()

    charts = re.findall(r"<svg class=\"chart\".*?</svg>", html)
    assert len(charts) == 2
    for chart in charts:
        svg = ElementTree.fromstring(chart)
        assert svg.get("role") == "img"
        assert svg.get("aria-label")
        assert len(svg.findall("rect")) == 12
    assert html.count('<th scope="row">') == 12
    assert "June 2026" in html


def test_nothing_in_it_breaks_the_strict_policy(told, alice, sign_in):
    with clock.at(NOW):
        html = sign_in(alice).get(url(told)).content.decode()
    assert "style=" not in html
    assert "<script" not in html


def test_without_requests_it_says_so(carol, alice, sign_in):
    html = sign_in(alice).get(url(carol)).content.decode()
    assert "<svg" not in html
    assert "Nothing was asked" in html


def test_a_single_channel_needs_no_chart_and_nobody_is_asked_how_happy(told, alice, sign_in):
    with clock.at(NOW):
        html = sign_in(alice).get(url(told)).content.decode()
    assert "By channel" not in html
    assert "atisf" not in html


def test_tickets_of_other_teams_are_not_counted(told, wei):
    with clock.at(NOW):
        assert history_of(wei, told.pk).requests == 0


def test_it_is_one_query_beside_the_usual(told, alice, sign_in, django_assert_max_num_queries):
    client = sign_in(alice)
    with clock.at(NOW), django_assert_max_num_queries(6):
        client.get(url(told))


def test_profile_and_side_panel_ask_for_it(ticket, alice, sign_in):
    client = sign_in(alice)
    asked = url(ticket.customer)
    assert asked in client.get(f"/customers/{ticket.customer_id}/").content.decode()
    page = client.get(f"/tickets/{ticket.pk}/").content.decode()
    assert f'data-lazy="{asked}"' in page
