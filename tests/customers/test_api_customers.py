"""The API's customers."""

from uuid import UUID, uuid4

import pytest

from accounts.models import User
from core import clock
from customers.actions import add_customer, add_organisation, record_consent
from customers.models import Customer

CUSTOMERS = "/api/v1/customers/"


@pytest.fixture
def people(carol):
    """Carol and three others."""
    add_customer(name="Dan O'Brien", email="dan@shop.example", actor=None)
    add_customer(name="王小明", email="wang@example.cn", phone="+86 138 0013 8000", actor=None)
    add_customer(name="李雷", email="li@example.cn", actor=None)


def names(response):
    assert response.status_code == 200, response.content
    return {row["name"] for row in response.json()["results"]}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("carol", {"Carol Ashworth"}),
        ("ash", {"Carol Ashworth"}),
        ("Ashworth Carol", {"Carol Ashworth"}),
        ("carol@example.org", {"Carol Ashworth"}),
        ("Carol@Example.ORG", {"Carol Ashworth"}),
        ("example.cn", {"王小明", "李雷"}),
        ("+44 7700 900123", {"Carol Ashworth"}),
        ("+44 (0)7700-900-123", {"Carol Ashworth"}),
        ("+8613800138000", {"王小明"}),
        ("王小明", {"王小明"}),
        ("小明", {"王小明"}),
        ("雷", {"李雷"}),
        ("明王", set()),
        ("nobody", set()),
        ("!", set()),
        ("\0", set()),
        ("", {"Carol Ashworth", "Dan O'Brien", "王小明", "李雷"}),
    ],
)
def test_customers_are_found_by_name_address_and_phone(people, alice, api, q, expected):
    assert names(api(alice).get(CUSTOMERS, {"q": q})) == expected


def test_the_list_comes_in_pages_newest_first(db, alice, api):
    made = [
        str(add_customer(name=f"Customer {n}", email=f"c{n}@x.org", actor=None).pk)
        for n in range(53)
    ]
    client = api(alice)
    first = client.get(CUSTOMERS).json()
    second = client.get(CUSTOMERS, {"after": first["next"]}).json()

    seen = [row["id"] for row in first["results"] + second["results"]]
    assert seen == made[::-1]
    assert (len(first["results"]), second["next"]) == (50, None)


@pytest.mark.parametrize("after", ["x", "\0", "²", str(UUID(int=7))[:-1]])
def test_a_strange_cursor_ends_the_list(people, alice, api, after):
    assert names(api(alice).get(CUSTOMERS, {"after": after})) == set()


def test_a_customer_is_read_with_addresses_and_consents(carol, alice, api):
    carol.organisation = add_organisation("Bright Homes", actor=alice)
    carol.save()
    carol.identities.filter(kind="phone").update(valid_to=clock.now())
    record_consent(carol, purpose="marketing", action="granted", channel="phone", actor=alice)

    read = api(alice).get(f"{CUSTOMERS}{carol.pk}/").json()

    assert (read["name"], read["tier"], read["organisation"]) == (
        "Carol Ashworth",
        "standard",
        "Bright Homes",
    )
    assert [(i["kind"], i["value"]) for i in read["identities"]] == [("email", "carol@example.org")]
    assert {c["purpose"]: c["is_allowed"] for c in read["consents"]} == {
        "service": True,
        "marketing": True,
        "surveys": True,
        "ai_training": False,
    }


def test_notes_about_a_customer_are_not_told_to_programs(carol, alice, api):
    carol.notes = "kaleidoscope"
    carol.save()
    for path in (CUSTOMERS, f"{CUSTOMERS}{carol.pk}/"):
        assert "kaleidoscope" not in api(alice).get(path).content.decode()


def test_erased_and_merged_customers_are_gone(carol, people, alice, api):
    other = Customer.objects.exclude(pk=carol.pk).first()
    Customer.objects.filter(pk=carol.pk).update(erased_at=clock.now())
    Customer.objects.filter(pk=other.pk).update(merged_into=carol)
    client = api(alice)

    assert client.get(f"{CUSTOMERS}{carol.pk}/").status_code == 404
    assert client.get(f"{CUSTOMERS}{other.pk}/").status_code == 404
    assert len(names(client.get(CUSTOMERS))) == 2


def test_an_unknown_customer_is_not_found(alice, api):
    assert api(alice).get(f"{CUSTOMERS}{uuid4()}/").status_code == 404


def test_whoever_may_not_see_customers_sees_none(carol, alice, api):
    client = api(alice)
    User.objects.get(pk=alice.pk).groups.clear()

    assert client.get(CUSTOMERS).status_code == 403
    assert client.get(f"{CUSTOMERS}{carol.pk}/").status_code == 404
