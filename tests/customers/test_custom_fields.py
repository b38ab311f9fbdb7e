"""Fields that admins add: how values are checked, kept, shown, and who changes them."""

import pytest
from django.db import connection
from django.urls import reverse

from core.errors import Invalid
from core.models import Event
from customers.actions import add_field, add_organisation, change_field, set_custom
from customers.models import Customer, CustomField
from customers.queries import CustomFieldsForm, fields_of, read_values, show_values

KINDS = CustomField.Kind


@pytest.fixture
def field(admin):
    def make(kind, *, name="Order number", owner="customer", **values):
        options = [{"code": "red", "name": "Red"}, {"code": "blue", "name": "蓝色"}]
        needs = kind in (KINDS.CHOICE, KINDS.CHOICES)
        return add_field(
            owner=owner,
            kind=kind,
            name=name,
            options=options if needs else [],
            actor=admin,
            **values,
        )

    return make


GOOD = [
    (KINDS.TEXT, " A-17 ", "A-17"),
    (KINDS.LONG_TEXT, "one\ntwo", "one\ntwo"),
    (KINDS.NUMBER, "12", 12),
    (KINDS.NUMBER, 1.5, 1.5),
    (KINDS.YES_NO, True, True),
    (KINDS.YES_NO, "false", False),
    (KINDS.DATE, "2026-02-28", "2026-02-28"),
    (KINDS.CHOICE, "red", "red"),
    (KINDS.CHOICES, ["red", "blue"], ["red", "blue"]),
    (KINDS.URL, "https://example.org/x", "https://example.org/x"),
]
BAD = [
    (KINDS.TEXT, "x" * 501),
    (KINDS.TEXT, "nul\0"),
    (KINDS.TEXT, {"a": 1}),
    (KINDS.NUMBER, "twelve"),
    (KINDS.NUMBER, "NaN"),
    (KINDS.NUMBER, "1e400"),
    (KINDS.YES_NO, "perhaps"),
    (KINDS.DATE, "2026-02-30"),
    (KINDS.CHOICE, "green"),
    (KINDS.CHOICE, ["red"]),
    (KINDS.CHOICES, ["red", "green"]),
    (KINDS.CHOICES, "red"),
    (KINDS.URL, "javascript:alert(1)"),
    (KINDS.URL, "ftp://example.org/x"),
]


@pytest.mark.parametrize(("kind", "given", "kept"), GOOD)
def test_a_value_is_kept_in_its_form(carol, admin, field, kind, given, kept):
    code = field(kind).code
    set_custom(carol, {code: given}, actor=admin)

    carol = Customer.objects.get(pk=carol.pk)
    assert carol.custom == {code: kept}
    assert carol.custom_private is None


@pytest.mark.parametrize(("kind", "given"), BAD)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(carol, admin, field, kind, given):
    code = field(kind).code
    with pytest.raises(Invalid) as refusal:
        set_custom(carol, {code: given}, actor=admin)

    assert refusal.value.extra["field"] == code
    assert Customer.objects.get(pk=carol.pk).custom == {}


def test_personal_values_are_sealed_and_no_value_stands_in_the_audit(carol, admin, field):
    code = field(KINDS.TEXT, name="Passport", is_personal=True).code
    set_custom(carol, {code: "kaleidoscope"}, actor=admin)

    carol = Customer.objects.get(pk=carol.pk)
    assert read_values(carol) == {code: "kaleidoscope"}
    assert carol.custom == {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM customers_customer c")
        assert "kaleidoscope" not in str(cursor.fetchall())
    told = Event.objects.get(name="customer.fields_changed")
    assert told.details == {"fields": [code]}
    assert told.actor_id == admin.pk


def test_the_others_stay_and_empty_takes_away(carol, admin, field):
    first, second = field(KINDS.TEXT, name="First").code, field(KINDS.NUMBER, name="Second").code
    set_custom(carol, {first: "a", second: 2}, actor=admin)
    set_custom(carol, {first: ""}, actor=admin)
    assert Customer.objects.get(pk=carol.pk).custom == {second: 2}

    events = Event.objects.filter(name="customer.fields_changed").count()
    set_custom(carol, {second: 2}, actor=admin)
    assert Event.objects.filter(name="customer.fields_changed").count() == events


def test_a_required_field_cannot_be_emptied(carol, admin, field):
    code = field(KINDS.TEXT, is_required=True).code
    set_custom(carol, {code: "a"}, actor=admin)
    with pytest.raises(Invalid):
        set_custom(carol, {code: None}, actor=admin)


def test_fields_of_others_and_those_out_of_use_are_unknown(carol, admin, field):
    of_tickets = field(KINDS.TEXT, owner="ticket").code
    gone = field(KINDS.TEXT, name="Gone", is_active=False).code
    for code in (of_tickets, gone, "nothing"):
        with pytest.raises(Invalid):
            set_custom(carol, {code: "a"}, actor=admin)


def test_values_of_fields_out_of_use_are_kept(carol, admin, field):
    sealed = field(KINDS.TEXT, name="Sealed", is_personal=True)
    other = field(KINDS.TEXT, name="Other")
    set_custom(carol, {sealed.code: "secret"}, actor=admin)
    change_field(sealed, is_active=False, actor=admin)
    set_custom(carol, {other.code: "b"}, actor=admin)

    carol = Customer.objects.get(pk=carol.pk)
    assert carol.custom_private == {sealed.code: "secret"}
    assert carol.custom == {other.code: "b"}


def test_organisations_have_theirs(admin, field):
    code = field(KINDS.CHOICE, owner="organisation").code
    house = add_organisation("Perchwood", actor=admin)
    assert set_custom(house, {code: "blue"}, actor=admin).custom == {code: "blue"}


def test_a_form_asks_in_the_words_of_who_fills_it_in(db, field):
    field(KINDS.CHOICE, name="Colour", customer_name="Which colour?", is_for_customers=True)
    field(KINDS.TEXT, name="Inner note")
    for_agents = CustomFieldsForm(custom_fields=fields_of("customer"), custom={"colour": "red"})
    asked = fields_of("customer", for_customers=True)
    for_customers = CustomFieldsForm(
        {"custom_colour": "blue"}, custom_fields=asked, for_customers=True
    )

    assert [bound.label for bound in for_agents.custom_bound_fields()] == ["Colour", "Inner note"]
    assert 'value="red" selected' in str(for_agents)
    assert "Which colour?" in str(for_customers)
    assert for_customers.is_valid()
    assert for_customers.custom_values() == {"colour": "blue"}


def test_values_are_shown_in_words(db, field):
    field(KINDS.CHOICES, name="Colours")
    field(KINDS.YES_NO, name="Agreed")
    shown = show_values(fields_of("customer"), {"colours": ["blue", "gone"], "agreed": False})
    assert [item.text for item in shown] == ["蓝色, gone", "No"]


def test_the_page_of_a_customer_changes_them(carol, alice, field, sign_in):
    code = field(KINDS.NUMBER).code
    page = reverse("customers:values", args=[carol.pk])
    wrong = sign_in(alice).post(page, {f"custom_{code}": "many"})
    assert wrong.status_code == 400
    assert "Enter a number" in wrong.content.decode()

    assert sign_in(alice).post(page, {f"custom_{code}": "7"}).status_code == 302
    assert Customer.objects.get(pk=carol.pk).custom == {code: 7}


def test_an_admin_adds_a_field_and_its_code_stays(admin, sign_in):
    client = sign_in(admin)
    form = {"owner": "ticket", "kind": "choice", "name": "How urgent?", "is_active": "on"}
    refused = client.post(reverse("customers:add_field"), form)
    assert refused.status_code == 400
    assert "at least one choice" in refused.content.decode()

    made = client.post(reverse("customers:add_field"), form | {"options": "Low\nhigh | Very high"})
    assert made.status_code == 302
    field = CustomField.objects.get()
    assert (field.code, field.options[1]) == ("how-urgent", {"code": "high", "name": "Very high"})

    page = reverse("customers:field", args=[field.pk])
    client.post(
        page, {"name": "Urgency", "options": "low | Low", "kind": "text", "owner": "customer"}
    )
    field.refresh_from_db()
    assert (field.name, field.code, field.kind, field.owner) == (
        "Urgency",
        "how-urgent",
        "choice",
        "ticket",
    )
    assert Event.objects.filter(name="custom_field.changed").exists()


def test_fields_are_put_in_order(admin, field, sign_in):
    first, second = field(KINDS.TEXT, name="One"), field(KINDS.TEXT, name="Two")
    sign_in(admin).post(reverse("customers:move_field", args=[second.pk]), {"way": "up"})
    assert [row.pk for row in fields_of("customer")] == [second.pk, first.pk]
