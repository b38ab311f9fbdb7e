"""Encrypted fields behave as ordinary ones do, and the database never sees a value."""

import copy
import pickle
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from connectors.models import Brand, Inbox
from core.crypto import DecryptionError, KeyDestroyed, data_keys
from core.fields import (
    EncryptedJSONField,
    EncryptedLookupError,
    EncryptedTextField,
    Sealed,
    warm_keys,
)
from core.ids import new_id
from core.models import DataKey
from customers.models import Customer, Identity, Tier

pytestmark = pytest.mark.django_db


@pytest.fixture
def tier() -> Tier:
    return Tier.objects.create(code="of-this-test", name="Of this test")


@pytest.fixture
def anna(tier: Tier) -> Customer:
    return Customer.objects.create(tier=tier, name="Anna Lee", notes="Likes tea")


@pytest.fixture
def inbox() -> Inbox:
    brand = Brand.objects.create(name="Of this test")
    return Inbox.objects.create(
        brand=brand, kind="mail", name="Post", credentials={"password": "s3cret", "ports": [25]}
    )


def reload(instance: Any) -> Any:
    return type(instance).objects.get(pk=instance.pk)


def stored(instance: models.Model, column: str) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {instance._meta.db_table} WHERE id = %s", [instance.pk]
        )
        return bytes(cursor.fetchone()[0])


def store(instance: models.Model, column: str, value: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {instance._meta.db_table} SET {column} = %s WHERE id = %s",
            [value, instance.pk],
        )


# Reading and writing


@pytest.mark.parametrize("text", ["Anna Lee", "", "李安娜 👩‍💻", "a" * 100_000, "\x00\r\n'\"\\"])
def test_text_comes_back_as_it_was(anna: Customer, text: str) -> None:
    anna.notes = text
    anna.save()
    assert reload(anna).notes == text
    assert len(stored(anna, "notes")) == len(text.encode()) + 34


@budget(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text())
@pytest.mark.slow
def test_any_text_comes_back(anna: Customer, text: str) -> None:
    anna.notes = text
    anna.save(update_fields=["notes"])
    assert reload(anna).notes == text


def test_half_characters_do_not_stop_a_save(anna: Customer) -> None:
    anna.notes = "a\ud83db"
    anna.save()
    assert reload(anna).notes == "a?b"


@pytest.mark.parametrize("value", [{}, [], 0, False, "", 1.5, {"a": [None, {"中": "文"}]}])
def test_json_comes_back_as_it_was(inbox: Inbox, value: object) -> None:
    inbox.credentials = value
    inbox.save()
    assert reload(inbox).credentials == value


def test_the_column_holds_no_clear_value(anna: Customer, inbox: Inbox) -> None:
    assert b"Anna" not in stored(anna, "name")
    assert b"s3cret" not in stored(inbox, "credentials")
    assert stored(anna, "name")[:2] == b"\x01\x01"


def test_none_is_refused_where_a_value_is_demanded(anna: Customer) -> None:
    anna.name = None
    with pytest.raises(IntegrityError), transaction.atomic():
        anna.save()


def test_a_value_is_opened_when_it_is_read_not_before(anna: Customer, django_assert_num_queries):
    data_keys.forget()
    with django_assert_num_queries(1):
        loaded = reload(anna)
    assert isinstance(loaded.__dict__["name"], Sealed)
    with django_assert_num_queries(1):
        assert (loaded.name, loaded.notes, loaded.name) == ("Anna Lee", "Likes tea", "Anna Lee")


def test_what_nobody_changed_is_written_back_as_it_was(anna: Customer, inbox: Inbox) -> None:
    before = stored(anna, "name"), stored(anna, "notes"), stored(inbox, "credentials")
    customer, door = reload(anna), reload(inbox)
    assert customer.name and door.credentials
    customer.full_clean()
    customer.notes = customer.notes + "!"
    customer.save()
    door.save()
    after = stored(anna, "name"), stored(anna, "notes"), stored(inbox, "credentials")
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] == before[2]


def test_json_changed_in_place_is_written(inbox: Inbox) -> None:
    loaded = reload(inbox)
    loaded.credentials["ports"].append(587)
    loaded.save()
    assert reload(inbox).credentials == {"password": "s3cret", "ports": [25, 587]}


def test_creating_many_at_once(tier: Tier) -> None:
    people = [Customer(tier=tier, name=f"Person {n}", notes="") for n in range(20)]
    Customer.objects.bulk_create(people)
    assert {c.name for c in Customer.objects.filter(tier=tier)} == {p.name for p in people}
    assert DataKey.objects.filter(scope="customer").count() == 20


def test_only_named_fields_are_saved(anna: Customer) -> None:
    anna.name, anna.notes = "Other", "Other"
    anna.save(update_fields=["notes"])
    assert (reload(anna).name, reload(anna).notes) == ("Anna Lee", "Other")


def test_deferred_and_refreshed_values(anna: Customer) -> None:
    lazy = Customer.objects.defer("name").get(pk=anna.pk)
    assert "name" not in lazy.__dict__
    assert lazy.name == "Anna Lee"
    anna.name = "Anna Li"
    anna.save()
    lazy.refresh_from_db()
    assert lazy.name == "Anna Li"
    assert Customer.objects.only("id").get(pk=anna.pk).name == "Anna Li"


def test_copies_and_pickles(anna: Customer, inbox: Inbox) -> None:
    loaded, door = reload(anna), reload(inbox)
    assert loaded.name
    assert door.credentials
    twin = copy.deepcopy(door)
    twin.credentials["password"] = "other"
    assert door.credentials["password"] == "s3cret"
    pickled = pickle.dumps(loaded)
    assert b"Anna" not in pickled
    assert pickle.loads(pickled).name == "Anna Lee"


def test_a_row_copied_under_a_new_id_is_sealed_for_its_own_place(anna: Customer) -> None:
    copied = reload(anna)
    assert (copied.name, copied.notes) == ("Anna Lee", "Likes tea")
    copied.pk, copied._state.adding = new_id(), True
    copied.save()
    assert reload(copied).name == "Anna Lee"
    assert DataKey.objects.filter(scope_id=copied.pk).exists()


def test_a_row_copied_unread_is_refused_not_spoilt(anna: Customer) -> None:
    copied = reload(anna)
    copied.pk = new_id()
    with pytest.raises(DecryptionError):
        copied.save()


def test_a_retry_after_a_rollback_uses_a_key_that_exists(tier: Tier) -> None:
    customer = Customer(tier=tier, name="Anna Lee")
    with transaction.atomic():
        customer.save()
        transaction.set_rollback(True)
    customer.save(force_insert=True)
    data_keys.forget()
    assert reload(customer).name == "Anna Lee"


def test_forms_and_validation() -> None:
    short = EncryptedTextField("name", max_length=5)
    assert short.clean("12345", None) == "12345"
    for wrong in ("123456", ""):
        with pytest.raises(ValidationError):
            short.clean(wrong, None)
    assert short.formfield().clean("abc") == "abc"
    assert EncryptedJSONField(default=dict).formfield(required=False).clean('{"a": 1}') == {"a": 1}


def test_migrations_know_the_fields() -> None:
    for field in (EncryptedTextField(max_length=5, null=True), EncryptedJSONField(default=dict)):
        _, path, args, options = field.deconstruct()
        assert path == f"core.fields.{type(field).__name__}"
        assert type(field)(*args, **options).deconstruct()[2:] == (args, options)
        assert field.db_type(connection) == "bytea"


def test_a_unique_encrypted_column_is_refused() -> None:
    with pytest.raises(EncryptedLookupError):
        EncryptedTextField(unique=True).check()


_MINE = {"tier__code": "of-this-test"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: list(rows.select_related("tier", "organisation", "merged_into")),
        lambda rows: list(rows.annotate(n=Count("identities")).filter(n=0)),
        lambda rows: list(rows.select_related("merged_into").annotate(n=Count("identities"))),
        lambda rows: list(rows.values("name", "pk").annotate(n=Count("identities"))),
        lambda rows: list(rows.annotate(place=Window(RowNumber())).filter(place=1)),
        lambda rows: list(rows.filter(pk__in=rows.order_by("pk")[:5])),
        lambda rows: list(rows.union(rows.filter(locale=""))),
        lambda rows: list(rows.distinct()) and rows.distinct().count() == 1,
        lambda rows: list(rows.annotate(has=Exists(rows.filter(pk=OuterRef("pk"))))),
        lambda rows: list(rows.filter(Q(merged_into__name__isnull=True) | Q(locale="x"))),
        lambda rows: list(rows.iterator(10)) and rows.in_bulk(),
        lambda rows: rows.earliest("created_at") and rows.first() and rows.last(),
        lambda rows: rows.select_for_update(of=["self"]).get(),
        lambda rows: list(Identity.objects.filter(customer__in=rows)) == [],
        lambda rows: Customer.objects.raw("SELECT * FROM customers_customer")[0],
        lambda rows: rows.update(locale="de") and rows.filter(locale="de").exists(),
        lambda rows: Customer.objects.update_or_create(pk=rows.get().pk, defaults={"notes": "x"}),
        lambda rows: Customer.objects.bulk_create(
            [Customer(pk=rows.get().pk, tier=rows.get().tier, name="Anna Lee")],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["name"],
        ),
    ],
)
def test_ordinary_queries_work_as_ever(anna: Customer, ask: Any) -> None:
    rows = Customer.objects.filter(**_MINE)
    assert ask(rows)
    assert rows.get().name == "Anna Lee"


# Fail closed


def test_values_moved_between_rows_or_columns_are_refused(anna: Customer, tier: Tier) -> None:
    other = Customer.objects.create(tier=tier, name="Bob", notes="Bob's notes")
    store(anna, "name", stored(other, "name"))
    store(other, "name", stored(other, "notes"))
    for customer in (anna, other):
        with pytest.raises(DecryptionError):
            _ = reload(customer).name


@pytest.mark.parametrize("value", [b"", b"Anna Lee", "李安娜".encode() * 9])
def test_clear_text_in_the_column_is_never_shown(anna: Customer, value: bytes) -> None:
    store(anna, "name", value)
    loaded = reload(anna)
    with pytest.raises(DecryptionError):
        _ = loaded.name
    warm_keys([loaded])
    loaded.notes = "still writable"
    loaded.save(update_fields=["notes"])
    assert stored(anna, "name") == value


def test_an_erased_customer_can_be_listed_but_not_read(anna: Customer) -> None:
    data_keys.destroy("customer", anna.pk)
    data_keys.forget()
    loaded = reload(anna)
    warm_keys([loaded])
    with pytest.raises(KeyDestroyed):
        _ = loaded.name
    loaded.locale = "en"
    loaded.save()
    assert reload(anna).locale == "en"


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: rows.filter(name="Anna Lee"),
        lambda rows: rows.filter(name__icontains="Anna"),
        lambda rows: rows.filter(name__in=["Anna Lee"]),
        lambda rows: rows.exclude(name=None),
        lambda rows: rows.filter(identities__value="anna@example.com"),
        lambda rows: rows.order_by("name"),
        lambda rows: rows.order_by("-merged_into__name"),
        lambda rows: rows.update(name="Anna Li"),
        lambda rows: rows.update(name=b"Anna Li"),
        lambda rows: rows.update(name=F("notes")),
        lambda rows: rows.bulk_update([rows.get()], ["name"]),
    ],
    ids=[
        "equal", "contains", "in", "exclude", "related", "order", "related order", "update",
        "update with bytes", "update with a column", "bulk update",
    ],
)  # fmt: skip
def test_the_database_is_never_asked_about_a_value(anna: Customer, ask: Any) -> None:
    rows = Customer.objects.filter(pk=anna.pk)
    with pytest.raises(EncryptedLookupError), transaction.atomic():
        answer = ask(rows)
        if isinstance(answer, models.QuerySet):
            len(answer)
    assert reload(anna).name == "Anna Lee"


def test_json_keys_cannot_be_looked_into(inbox: Inbox) -> None:
    with pytest.raises(EncryptedLookupError):
        Inbox.objects.filter(credentials__password="s3cret").exists()


def test_presence_can_be_asked(anna: Customer) -> None:
    assert Customer.objects.filter(pk=anna.pk, name__isnull=False).exists()
    assert Identity.objects.filter(customer__name__isnull=True).count() == 0


def test_rows_of_values_are_sealed_and_show_nothing(anna: Customer) -> None:
    rows = Customer.objects.filter(pk=anna.pk)
    (row,) = rows.values("name")
    (cell,) = rows.values_list("name", flat=True)
    for value in (row["name"], cell):
        assert isinstance(value, Sealed)
        assert f"{value} {value!r} {[value]}" == "<sealed> <sealed> [<sealed>]"
    assert Customer._meta.get_field("name").open_value(cell, pk=anna.pk) == "Anna Lee"


def test_a_value_cannot_be_dumped_by_the_framework(anna: Customer) -> None:
    with pytest.raises(EncryptedLookupError):
        Customer._meta.get_field("name").value_to_string(anna)


# Many at once


def test_the_keys_of_a_page_are_loaded_in_one_query(tier: Tier, django_assert_num_queries) -> None:
    for n in range(12):
        customer = Customer.objects.create(tier=tier, name=f"Person {n}")
        Identity.objects.create(
            customer=customer, kind="email", value=f"p{n}@example.com", value_index=b"%d" % n
        )
    data_keys.forget()
    identities = list(Identity.objects.filter(customer__tier=tier).select_related("customer"))
    data_keys.forget()
    customers = list(Customer.objects.filter(tier=tier).prefetch_related("identities"))
    with django_assert_num_queries(1):
        warm_keys(identities, customers)
        assert all(i.value.endswith("@example.com") and i.customer.name for i in identities)
        assert all(i.value for c in customers for i in c.identities.all())
    with django_assert_num_queries(0):
        warm_keys(identities, customers)
