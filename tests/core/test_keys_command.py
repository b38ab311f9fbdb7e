"""Keys can be rotated while people work, and `keys verify` proves that all can be read."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core import files, keyring
from core.crypto import data_keys
from core.management.commands import keys as command
from core.models import DataKey
from customers.models import Customer, Tier
from tickets.actions import keep_blob

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ring_file(tmp_path: Path, settings) -> Path:
    """A copy that a test may change."""
    copied = tmp_path / "keys" / "keyring.json"
    copied.parent.mkdir()
    shutil.copy(settings.KEYRING_FILE, copied)
    settings.KEYRING_FILE = copied
    return copied


@pytest.fixture
def customers() -> list[Customer]:
    tier = Tier.objects.create(code="of-this-test", name="Of this test")
    names = ["Anna", "Bob", "陈伟", "Dora", "Emil"]
    return [Customer.objects.create(tier=tier, name=name) for name in names]


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("keys", *arguments, stdout=output)
    return output.getvalue()


def status() -> dict:
    return json.loads(run("status", "--json"))


def kek_numbers() -> set[int]:
    return set(DataKey.objects.filter(wrapped__isnull=False).values_list("kek", flat=True))


def read_names(customers: list[Customer]) -> list[str]:
    data_keys.forget()
    rows = Customer.objects.in_bulk([customer.pk for customer in customers])
    return [rows[customer.pk].name for customer in customers]


# init


def test_init_leaves_an_existing_ring_as_it_is(ring_file: Path) -> None:
    before = ring_file.read_bytes()
    assert "already" in run("init")
    assert ring_file.read_bytes() == before


def test_init_makes_a_ring_for_an_empty_installation(ring_file: Path) -> None:
    ring_file.unlink()
    assert "Keep a copy" in run("init")
    assert keyring.load().active_kek == 1


def test_init_never_makes_a_second_ring_for_existing_data(
    ring_file: Path, customers: list[Customer]
) -> None:
    ring_file.unlink()
    with pytest.raises(CommandError, match="put the old one back"):
        run("init")
    assert not ring_file.exists()


def test_a_refusal_is_one_sentence(ring_file: Path) -> None:
    ring_file.chmod(0o644)
    with pytest.raises(CommandError, match="chmod 600"):
        run("status")


# Rotation


def test_rotation_from_the_first_key_to_the_second(customers: list[Customer]) -> None:
    old = keyring.load().active_kek
    names = read_names(customers)
    run("add-kek")
    new = keyring.load().active_kek
    assert new == old + 1
    with pytest.raises(CommandError, match="rewrap first"):
        run("retire", str(old))
    assert "0 left" in run("rewrap")
    assert kek_numbers() == {new}
    run("retire", str(old))
    assert old not in keyring.load().keks
    assert read_names(customers) == names
    run("verify", "--all")


def test_new_keys_are_wrapped_by_the_active_key_only(customers: list[Customer]) -> None:
    run("add-kek", "--no-activate")
    number = max(keyring.load().keks)
    kid, _ = data_keys.for_owner("customer", uuid4())
    assert DataKey.objects.get(kid=kid).kek == number - 1
    run("activate", str(number))
    kid, _ = data_keys.for_owner("customer", uuid4())
    assert DataKey.objects.get(kid=kid).kek == number


def test_an_interrupted_rewrap_loses_nothing_and_goes_on(
    customers: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = read_names(customers)
    run("add-kek")
    finished = []
    whole = command._rewrap_batch

    def stop_after_one(after: int, *, size: int) -> list[int]:
        if finished:
            raise KeyboardInterrupt
        finished.extend(whole(after, size=size))
        return finished

    monkeypatch.setattr(command, "_rewrap_batch", stop_after_one)
    with pytest.raises(KeyboardInterrupt):
        run("rewrap", "--batch", "2")
    monkeypatch.undo()
    assert len(kek_numbers()) == 2
    assert read_names(customers) == names
    assert status()["to_rewrap"] == len(customers) - 2
    run("rewrap", "--batch", "2")
    assert status()["to_rewrap"] == 0
    assert read_names(customers) == names


def test_keys_in_use_by_another_transaction_are_left_for_later(
    customers: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add-kek")
    monkeypatch.setattr(command, "_rewrap_batch", lambda after, *, size: [])
    with pytest.raises(CommandError, match="run it again"):
        run("rewrap")


def test_destroyed_keys_stay_destroyed(customers: list[Customer]) -> None:
    data_keys.destroy("customer", customers[0].pk)
    run("add-kek")
    run("rewrap")
    row = DataKey.objects.get(scope_id=customers[0].pk)
    assert row.wrapped is None
    assert status()["destroyed"] == 1
    assert status()["to_rewrap"] == 0


def test_the_active_key_and_unknown_keys_cannot_be_retired(customers: list[Customer]) -> None:
    active = str(keyring.load().active_kek)
    DataKey.objects.all().delete()
    with pytest.raises(CommandError, match="active"):
        run("retire", active)
    for verb in ("retire", "activate"):
        with pytest.raises(CommandError, match="not in the key ring"):
            run(verb, "99")


# status


def test_status_counts_keys_by_wrapping_key_and_scope(customers: list[Customer]) -> None:
    data_keys.for_owner("blob", uuid4())
    data_keys.destroy("customer", customers[0].pk)
    found = status()
    active = keyring.load().active_kek
    assert found["active_kek"] == active
    assert found["data_keys"] == [
        {"kek": active, "scope": "blob", "count": 1},
        {"kek": active, "scope": "customer", "count": len(customers) - 1},
    ]
    assert (found["destroyed"], found["to_rewrap"], found["missing_keks"]) == (1, 0, [])
    text = run("status")
    assert f"key {active}: 1 data keys of blob" in text
    assert "MISSING" not in text


def test_status_names_keys_that_the_ring_lacks(ring_file: Path, customers: list[Customer]) -> None:
    old = keyring.load().active_kek
    content = json.loads(ring_file.read_text())
    content["keks"] = {str(old + 1): content["keks"][str(old)]}
    content["active_kek"] = old + 1
    ring_file.write_text(json.dumps(content))
    assert status()["missing_keks"] == [old]
    assert "MISSING" in run("status")
    with pytest.raises(CommandError, match="not in the key ring"):
        run("verify")


def test_neither_status_nor_verify_shows_a_key(ring_file: Path, customers: list[Customer]) -> None:
    shown = run("status") + run("status", "--json") + run("verify") + run("verify", "--json")
    content = json.loads(ring_file.read_text())
    for secret in (content["token_root"], *content["keks"].values(), "Anna"):
        assert secret not in shown


# verify


def alter(customer: Customer, column: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE customers_customer SET {column} = {value} WHERE id = %s", [customer.pk]
        )


def test_verify_opens_every_key_and_value(customers: list[Customer]) -> None:
    found = json.loads(run("verify", "--all", "--json"))
    assert found["data_keys"] == DataKey.objects.count()
    assert found["values"] == 2 * len(customers)
    assert {"customers_customer", "tickets_message"} <= set(found["tables"])


@pytest.mark.parametrize(
    "value",
    ["set_byte(name, 20, get_byte(name, 20) # 1)", "notes", "'Anna'", "substr(name, 1, 33)"],
    ids=["flipped bit", "other column", "clear text", "cut"],
)
@pytest.mark.parametrize("everything", [True, False], ids=["all", "sample"])
def test_verify_names_the_first_value_that_cannot_be_read(
    customers: list[Customer], value: str, everything: bool
) -> None:
    alter(customers[2], "name", value)
    with pytest.raises(CommandError, match=f"customers_customer.name, row {customers[2].pk}"):
        run("verify", *(["--all"] if everything else []))


def test_verify_names_a_data_key_that_cannot_be_opened(customers: list[Customer]) -> None:
    row = DataKey.objects.get(scope_id=customers[1].pk)
    for wrapped in (bytes(66), b"", None):
        DataKey.objects.filter(kid=row.kid).update(wrapped=wrapped)
        with pytest.raises(CommandError, match=f"kid {row.kid}, customer {customers[1].pk}"):
            run("verify")


def test_verify_notices_a_lost_data_key(customers: list[Customer]) -> None:
    DataKey.objects.filter(scope_id=customers[1].pk).delete()
    data_keys.forget()
    with pytest.raises(CommandError, match=f"row {customers[1].pk}: There is no data key"):
        run("verify")


def test_values_erased_on_purpose_are_counted_not_reported(customers: list[Customer]) -> None:
    data_keys.destroy("customer", customers[0].pk)
    data_keys.forget()
    found = json.loads(run("verify", "--all", "--json"))
    assert found["destroyed_keys"] == 1
    assert found["erased_values"] == 2
    assert found["values"] == 2 * (len(customers) - 1)


def test_verify_reads_more_rows_than_one_batch(
    customers: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "BATCH", 2)
    alter(customers[4], "notes", "name")
    with pytest.raises(CommandError, match=r"customers_customer\.notes"):
        run("verify", "--all")


@pytest.mark.parametrize(
    "harm", [lambda data: data[:-1], lambda data: data[:40] + b"\1" + data[41:], lambda data: b""]
)
def test_verify_reads_the_files_too(harm: Callable[[bytes], bytes]) -> None:
    blob = keep_blob(b"a picture" * 20_000)
    assert json.loads(run("verify", "--json"))["files"] == 1
    path = files.path_of(blob.pk)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(CommandError, match=f"tickets_blob, file {blob.pk}"):
        run("verify")


def test_verify_notices_a_lost_file() -> None:
    blob = keep_blob(b"a picture")
    files.delete(blob.pk)
    with pytest.raises(CommandError, match=f"file {blob.pk}: .* is missing"):
        run("verify")
