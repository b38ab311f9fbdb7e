"""Queries put together once answer for each value anew."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.http import Http404

from accounts.models import ApiToken, User
from core import clock
from core.prepared import PreparedQuery
from tickets.models import Status, Ticket
from tickets.queries.thread import find_ticket

pytestmark = pytest.mark.django_db


def test_one_text_serves_all_values(alice: User, bob: User) -> None:
    built = []

    def build(pk, *, shape):
        built.append(pk)
        return User.objects.filter(pk=pk, is_active=True).exclude(name="100 %s of %(it)s")

    query = PreparedQuery(build)

    assert query.get(alice.pk) == alice
    assert query.get(bob.pk).name == bob.name
    assert query.first(uuid4()) is None
    assert len(built) == 1


def test_each_shape_and_kind_of_value_has_a_text_of_its_own(alice: User, bob: User) -> None:
    def build(*values, shape):
        return User.objects.filter(**{f"{shape}__in": values}).order_by("email")

    query = PreparedQuery(build)

    assert query.fetch([alice.pk, bob.pk], shape="pk") == [alice, bob]
    assert query.fetch([alice.pk], shape="pk") == [alice]
    assert query.fetch([bob.email], shape="email") == [bob]
    assert query.fetch([], shape="pk") == []


def test_bytes_and_numbers_come_as_their_columns_want_them(alice: User) -> None:
    token = ApiToken.objects.create(user=alice, digest=b"one")
    tokens = PreparedQuery(
        lambda digest, *, shape: ApiToken.objects.select_related("user").filter(digest=digest)
    )

    assert tokens.get(b"one") == token
    assert tokens.get(b"one").user == alice
    assert tokens.first(b"two") is None


def test_a_value_that_only_shapes_a_constant_is_refused() -> None:
    query = PreparedQuery(lambda pk, *, shape: User.objects.exclude(name=f"not {pk}"))

    with pytest.raises(RuntimeError, match="in another way"):
        query.first(uuid4())


def test_what_one_may_see_is_never_what_another_may(
    ticket: Ticket, alice: User, wei: User, mallory: User, supervisor: User
) -> None:
    """Both ask with the same text; teams and rights decide anew each time."""
    for _ in range(3):
        seen = [sees(user, ticket) for user in (alice, wei, mallory, supervisor)]
        assert seen == [True, False, False, True]
    alice.teams.clear()
    assert not sees(User.objects.get(pk=alice.pk), ticket)


def sees(user: User, ticket: Ticket) -> bool:
    try:
        return find_ticket(user, ticket.pk) == ticket
    except Http404:
        return False


def test_a_moment_is_not_frozen(db):
    def build(pk, *, shape):
        return Status.objects.filter(pk=pk, tickets__created_at__lt=clock.now())

    with pytest.raises(RuntimeError, match="moment"):
        PreparedQuery(build).fetch([uuid4()])


def test_a_moment_that_is_given_takes_its_place(alice: User) -> None:
    ever = PreparedQuery(lambda moment, *, shape: User.objects.filter(date_joined__lt=moment))
    joined = User.objects.get(pk=alice.pk).date_joined

    assert alice not in ever.fetch([joined])
    assert alice in ever.fetch([joined + timedelta(seconds=1)])


def test_many_keys_have_one_text_however_many_they_are(alice: User, bob: User) -> None:
    built = []

    def build(keys, *, shape):
        built.append(keys)
        found = User.objects.extra(where=["accounts_user.id = ANY(%s)"], params=[keys])
        return found.order_by("email").values_list("pk", "email")

    query = PreparedQuery(build)

    assert query.rows([(bob.pk, alice.pk)]) == [(alice.pk, alice.email), (bob.pk, bob.email)]
    assert query.rows([(bob.pk,)]) == [(bob.pk, bob.email)]
    assert len(built) == 1
