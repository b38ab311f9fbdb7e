"""What the command palette is told: views, macros, tickets and customers, each by its rights."""

import pytest

from tickets.actions.macros import save_macro
from tickets.actions.saved_views import create_view

PLACES, FIND = "/palette/", "/palette/find/"


@pytest.fixture
def ask(sign_in):
    def ask_as(user, url, **query):
        answer = sign_in(user).get(url, query)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        return answer.json()

    return ask_as


def titles(places):
    return [view["title"] for view in places["views"]]


def test_it_knows_own_teams_and_no_others(ask, alice, wei, admin):
    assert "Support" in titles(ask(alice, PLACES))
    assert "Billing" not in titles(ask(alice, PLACES))
    assert "Billing" in titles(ask(wei, PLACES))
    assert {"Support", "Billing"} <= set(titles(ask(admin, PLACES)))


def test_it_knows_own_saved_views_and_not_those_of_others(ask, alice, bob):
    create_view(actor=alice, name="Lamps that flicker", filter={"all": []})

    assert "Lamps that flicker" in titles(ask(alice, PLACES))
    assert "Lamps that flicker" not in titles(ask(bob, PLACES))


def test_it_knows_macros_in_use(ask, alice, admin):
    made = save_macro(None, actor=admin, name="Say thanks", body="Thank you!", actions=[])
    assert ask(alice, PLACES)["macros"] == [{"id": str(made.pk), "name": "Say thanks"}]

    made.is_active = False
    made.save()

    assert ask(alice, PLACES)["macros"] == []


def test_a_number_finds_its_ticket(ask, alice, ticket):
    for text in (str(ticket.number), f"#{ticket.number}"):
        [found] = ask(alice, FIND, q=text)["tickets"]
        assert found["number"] == ticket.number
        assert found["is_number"]
        assert found["url"] == f"/tickets/{ticket.pk}/"


def test_words_find_tickets_and_people(ask, alice, ticket, react):
    react()

    found = ask(alice, FIND, q="lamp")
    assert [row["subject"] for row in found["tickets"]] == ["My lamp flickers"]
    assert "Carol Ashworth" in found["tickets"][0]["note"]
    found = ask(alice, FIND, q="Ashworth")
    assert [row["name"] for row in found["customers"]] == ["Carol Ashworth"]


def test_another_teams_ticket_is_not_found(ask, wei, mallory, ticket, react):
    react()
    for stranger in (wei, mallory):
        for text in (str(ticket.number), "lamp"):
            assert ask(stranger, FIND, q=text)["tickets"] == []


def test_chinese_words_are_found(ask, alice, inbox, mail_in, react):
    mail_in(inbox, "mei@example.org", "台灯闪烁", "昨天灭了两次。", name="郭美玲")
    react()

    assert [row["subject"] for row in ask(alice, FIND, q="台灯")["tickets"]] == ["台灯闪烁"]


def test_nothing_typed_finds_nothing(ask, alice, ticket):
    assert ask(alice, FIND, q="  ") == {"tickets": [], "customers": []}


@pytest.mark.slow
def test_it_stays_cheap(
    alice, ticket, mail_in, inbox, react, sign_in, django_assert_max_num_queries
):
    for number in range(12):
        mail_in(inbox, f"p{number}@example.org", f"A lamp {number}", "It flickers.")
    react()
    client = sign_in(alice)
    with django_assert_max_num_queries(8):
        found = client.get(FIND, {"q": "lamp"}).json()
    assert len(found["tickets"]) == 6
    with django_assert_max_num_queries(8):
        client.get(PLACES)


def test_every_page_of_the_desk_has_it(sign_in, alice, ticket):
    for path in ("/tickets/", f"/tickets/{ticket.pk}/", "/customers/", "/preferences/", "/me/"):
        page = sign_in(alice).get(path).content.decode()
        assert 'id="palette"' in page
        assert 'data-opens="palette"' in page
        assert 'role="combobox"' in page
