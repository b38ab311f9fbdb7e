"""Data keys: one per owner, made cheaply, safe under races and rollbacks, destroyed for good."""

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from core import crypto, keyring
from core.crypto import DecryptionError, KeyDestroyed, data_keys, find_missing_keks
from core.models import DataKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    data_keys.forget()
    yield
    data_keys.forget()


def make_key(scope: str = "customer", owner: UUID | None = None) -> tuple[int, bytes]:
    return data_keys.for_owner(scope, owner or uuid4())


def on_own_connection(function: Callable[[], Any], times: int = 1) -> list[Any]:
    """Run the function in threads, whose transactions are real ones and really committed."""
    results: list[Any] = []
    start = threading.Barrier(times)

    def run() -> None:
        try:
            start.wait(10)
            results.append(function())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.fixture
def committed_owner() -> Iterator[UUID]:
    owner = uuid4()
    yield owner
    on_own_connection(DataKey.objects.filter(scope_id=owner).delete)


def test_each_owner_has_one_key_of_its_own() -> None:
    owner = uuid4()
    assert make_key(owner=owner) == make_key(owner=owner)
    assert make_key(owner=owner) != make_key()
    assert make_key("blob", owner) != make_key("customer", owner)


def test_another_process_reads_the_same_key() -> None:
    owner = uuid4()
    kid, key = make_key(owner=owner)
    data_keys.forget()
    assert data_keys.by_kid(kid) == key
    data_keys.forget()
    assert make_key(owner=owner) == (kid, key)


def test_no_key_is_made_when_only_reading() -> None:
    with pytest.raises(DecryptionError):
        data_keys.for_owner("customer", uuid4(), create=False)
    assert not DataKey.objects.exists()


def test_a_new_owner_costs_one_query(django_assert_num_queries) -> None:
    make_key()
    with django_assert_num_queries(1):
        make_key()


def test_a_known_owner_costs_one_query_once(django_assert_num_queries) -> None:
    owner = uuid4()
    make_key(owner=owner)
    data_keys.forget()
    make_key()
    with django_assert_num_queries(1):
        for _ in range(3):
            make_key(owner=owner)


def test_many_keys_are_loaded_in_one_query(django_assert_num_queries) -> None:
    keys = dict(make_key() for _ in range(20))
    data_keys.forget()
    with django_assert_num_queries(1):
        data_keys.warm([*keys, *keys, 2**31 - 1, 2**32 - 1])
        assert {kid: data_keys.by_kid(kid) for kid in keys} == keys
        data_keys.warm(keys)


def test_a_number_that_does_not_exist_is_refused() -> None:
    for kid in (2**31 - 1, 2**32 - 1):
        with pytest.raises(DecryptionError, match="no data key"):
            data_keys.by_kid(kid)


def test_the_stored_key_is_wrapped() -> None:
    kid, key = make_key()
    row = DataKey.objects.get(kid=kid)
    assert len(bytes(row.wrapped)) == 66
    assert key not in bytes(row.wrapped)
    assert row.kek == keyring.load().active_kek


def test_wrapped_keys_exchanged_between_rows_are_refused() -> None:
    one, other = (DataKey.objects.get(kid=make_key()[0]) for _ in range(2))
    DataKey.objects.filter(kid=one.kid).update(wrapped=bytes(other.wrapped))
    data_keys.forget()
    data_keys.warm([one.kid, other.kid])  # the bad one must not hide the good one
    assert data_keys.by_kid(other.kid)
    with pytest.raises(DecryptionError):
        data_keys.by_kid(one.kid)


def test_a_row_given_to_another_owner_is_refused() -> None:
    owner, thief = uuid4(), uuid4()
    kid, _ = make_key(owner=owner)
    DataKey.objects.filter(kid=kid).update(scope_id=thief)
    data_keys.forget()
    with pytest.raises(DecryptionError):
        make_key(owner=thief)


def test_a_key_missing_from_the_ring_is_named_and_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kid, _ = make_key()
    assert find_missing_keks() == []
    ring = keyring.load()
    newer = keyring.Keyring(
        77, ring.active_index, *([b"k" * 32] * 3), {77: b"k" * 32}, dict(ring.index_roots)
    )
    monkeypatch.setattr(crypto.keyring, "load", lambda: newer)
    assert find_missing_keks() == [ring.active_kek]
    data_keys.forget()
    with pytest.raises(DecryptionError, match="not in the key ring"):
        data_keys.by_kid(kid)


# Destroying


def test_a_destroyed_key_is_gone_for_good(django_capture_on_commit_callbacks) -> None:
    owner = uuid4()
    kid, _ = make_key(owner=owner)
    with django_capture_on_commit_callbacks(execute=True):
        assert data_keys.destroy("customer", owner)
    row = DataKey.objects.get(kid=kid)
    assert row.wrapped is None
    assert row.destroyed_at
    for known in (True, False):
        if not known:
            data_keys.forget()
        with pytest.raises(KeyDestroyed):
            data_keys.by_kid(kid)
        with pytest.raises(KeyDestroyed):
            make_key(owner=owner)
    assert not data_keys.destroy("customer", owner)
    assert DataKey.objects.count() == 1


def test_a_key_is_forgotten_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    kid, _ = make_key()
    DataKey.objects.filter(kid=kid).update(wrapped=None)
    assert data_keys.by_kid(kid)
    later = crypto.time.monotonic() + 301
    monkeypatch.setattr(crypto.time, "monotonic", lambda: later)
    with pytest.raises(KeyDestroyed):
        data_keys.by_kid(kid)


def test_the_memory_of_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto._ExpiringCache, "SIZE", 5)
    kids = [make_key()[0] for _ in range(12)]
    assert list(data_keys._keys._entries) == kids[-5:]


# Transactions


def test_the_key_of_a_rolled_back_transaction_is_not_used_again() -> None:
    owner = uuid4()
    with transaction.atomic():
        lost, _ = make_key(owner=owner)
        transaction.set_rollback(True)
    kid, _ = make_key(owner=owner)
    assert kid != lost
    assert list(DataKey.objects.values_list("kid", flat=True)) == [kid]


def test_the_key_of_a_kept_savepoint_stays_until_its_outer_one_is_rolled_back() -> None:
    owner = uuid4()
    with transaction.atomic():
        with transaction.atomic():
            first, _ = make_key(owner=owner)
        assert make_key(owner=owner)[0] == first
        transaction.set_rollback(True)
    assert make_key(owner=owner)[0] != first


def test_a_commit_makes_the_key_known_to_the_process(committed_owner: UUID) -> None:
    def commit() -> tuple[int, bytes]:
        with transaction.atomic():
            made = make_key(owner=committed_owner)
            assert data_keys._owners.get(("customer", committed_owner)) is None
        return made

    (made,) = on_own_connection(commit)
    assert data_keys._owners.get(("customer", committed_owner)) == made[0]


def test_a_rollback_leaves_nothing_known(committed_owner: UUID) -> None:
    def roll_back() -> int:
        with transaction.atomic():
            lost, _ = make_key(owner=committed_owner)
            transaction.set_rollback(True)
        return lost

    (lost,) = on_own_connection(roll_back)
    assert data_keys._owners.get(("customer", committed_owner)) is None
    (found,) = on_own_connection(lambda: make_key(owner=committed_owner))
    assert found[0] != lost


def test_many_at_once_agree_on_one_key(committed_owner: UUID) -> None:
    def make() -> tuple[int, bytes]:
        with transaction.atomic():
            return make_key(owner=committed_owner)

    made = on_own_connection(make, times=8)
    assert len(made) == 8
    assert len(set(made)) == 1
    (rows,) = on_own_connection(DataKey.objects.filter(scope_id=committed_owner).count)
    assert rows == 1


def test_numbers_that_are_taken_already_do_no_harm() -> None:
    kid, key = make_key()
    data_keys._numbers[:] = [kid, kid]
    other, _ = make_key()
    assert other != kid
    assert data_keys.by_kid(kid) == key


def test_a_forked_process_takes_numbers_of_its_own() -> None:
    make_key()
    assert data_keys._numbers
    child = os.fork()
    if not child:
        os._exit(len(data_keys._numbers))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
