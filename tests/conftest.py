"""The cast, and a database in which everything runs with the application's own login."""

import copy
import gc
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.handlers.base import BaseHandler
from django.core.management import call_command
from django.db import connection
from django.test import Client, TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient
from xdist.scheduler import LoadFileScheduling

from accounts.actions import add_team, add_user, create_token
from accounts.models import Team, User
from connectors.actions import add_brand, add_inbox
from connectors.messages import Address, InboundMessage
from connectors.models import Inbox
from core import audit, keyring, lanes
from core.crypto import data_keys
from core.models import Reaction
from core.owner import owner_login
from customers.actions import add_customer
from customers.models import Customer, Tier
from tests.horizon import settle
from tests.remembered import cast, find_filled
from tests.template_database import make_template
from tickets import actions
from tickets.models import Message, Status, Ticket

SYSTEM = "tests/system/"
# Slow on purpose where it counts; here it would be most of the time of the whole run.
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A busy machine is no reason to fail.
hypothesis_settings.register_profile("helpdesk", deadline=None)
hypothesis_settings.load_profile("helpdesk")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What drives the running system mostly waits: it begins first, beside the rest."""
    items.sort(key=lambda item: not item.nodeid.startswith(SYSTEM))


class Sharing(LoadFileScheduling):  # type: ignore[misc]
    """A file stays with one worker; so does the running system, which is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return SYSTEM if nodeid.startswith(SYSTEM) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return Sharing(config, log) if config.getoption("markexpr") == "not slow" else None


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it again and again takes a tenth of the run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def loaded_middleware() -> Iterator[None]:
    """One chain for the clients of all tests: each would make one for its first request."""
    load = BaseHandler.load_middleware
    loaded: dict[type, BaseHandler] = {}

    def load_once(self: BaseHandler, is_async: bool = False) -> None:
        if is_async:
            load(self, is_async)
        elif (kind := type(self)) in loaded:
            vars(self).update(vars(loaded[kind]) | vars(self))
        else:
            load(self, is_async)
            loaded[kind] = copy.copy(self)

    BaseHandler.load_middleware = load_once
    yield
    BaseHandler.load_middleware = load


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: Any
) -> Iterator[None]:
    """The owner makes the test database; ``django_db_setup`` hands it to the application.

    Each worker has a database of its own, which matters where all share one outside server.
    """
    with owner_login():
        keyring.create(settings.KEYRING_FILE)
        with django_db_blocker.unblock():
            connection.settings_dict["TEST"]["TEMPLATE"] = make_template()
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    own = dict(connection.settings_dict)
    with django_db_blocker.unblock():
        _use_application_login()
        call_command("set_up")
    with django_db_blocker.unblock(), owner_login():
        keep_rows()
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
        cast.make_all()
    flush = TransactionTestCase._fixture_teardown
    owner = connect_as_owner()

    def flush_as_owner(self: TransactionTestCase) -> None:
        # Deleting is the owner's; what every installation needs is put back at once.
        empty_tables(owner)
        data_keys.forget()

    TransactionTestCase._fixture_teardown = flush_as_owner
    yield
    TransactionTestCase._fixture_teardown = flush
    owner.close()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # Those of threads that have ended without a word would hold up the dropping of it.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND usename = current_user"
        )
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(own)


def keep_rows() -> None:
    """What `set_up` made, to be there again after each test that commits."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA kept")
        for name in find_filled():
            cursor.execute(f"CREATE TABLE kept.{quote(name)} AS TABLE {quote(name)}")


def connect_as_owner() -> psycopg.Connection[Any]:
    """Kept open: to sign in anew for each test takes longer than what is to be done."""
    place = urlsplit(settings.DATABASE_OWNER_URL)._replace(path=connection.settings_dict["NAME"])
    return psycopg.connect(place.geturl(), autocommit=True)


def empty_tables(owner: psycopg.Connection[Any]) -> None:
    """As Django's flush, which makes new files for hundreds of tables and indexes to empty ten."""
    quote = connection.ops.quote_name
    kept = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'kept'").fetchall()
    parts = [f"DELETE FROM {quote(name)}" for name in find_filled()]
    parts += [f"INSERT INTO {quote(name)} TABLE kept.{quote(name)}" for (name,) in kept]
    owner.execute("; ".join(["BEGIN", *parts, "COMMIT"]).encode())


def _use_application_login() -> None:
    from helpdesk.settings import database

    application = database(settings.DATABASE_URL)
    connection.close()
    connection.settings_dict.update(
        {name: application[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    )


@pytest.fixture(autouse=True)
def fresh_state(settings: Any, tmp_path: Any) -> Iterator[None]:
    """Files of one test never meet another's, and no key outlives the rows it belongs to."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.CHECKPOINT_FILE = tmp_path / "checkpoints.jsonl"
    # Each client would look through all files first, for the one or none it asks for.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = QUICK_HASHERS
    data_keys.forget()
    yield
    data_keys.forget()


# The cast. Alice and Bob work in Support, Wei in Billing; Mallory works in no team at all.


@cast.member
def support() -> Team:
    return add_team("Support")


@cast.member
def billing() -> Team:
    return add_team("Billing")


@cast.member
def admin() -> User:
    return add_user("admin@demo.test", name="Adam Novak", role="admin", password="correct horse")


@cast.member
def supervisor(support: Team) -> User:
    return add_user("supervisor@demo.test", name="Susan Park", role="supervisor", teams=[support])


@cast.member
def alice(support: Team) -> User:
    return add_user(
        "alice@demo.test",
        name="Alice Moreau",
        role="agent",
        teams=[support],
        password="correct horse",
    )


@cast.member
def bob(support: Team) -> User:
    return add_user("bob@demo.test", name="Bob Achterberg", role="agent", teams=[support])


@cast.member
def wei(billing: Team) -> User:
    return add_user("wei@demo.test", name="陈伟", role="agent", teams=[billing])


@cast.member
def light(support: Team) -> User:
    """May read and note, not answer."""
    return add_user("lena@demo.test", name="Lena Light", role="light agent", teams=[support])


@cast.member
def mallory() -> User:
    """An agent of no team, who must not see Support's tickets."""
    return add_user("mallory@demo.test", name="Mallory Grey", role="agent")


@cast.member
def inbox(support: Team) -> Inbox:
    return add_inbox(
        brand=add_brand("Perchwood"),
        kind="mail",
        name="Support",
        address="support@demo.test",
        team=support,
    )


@cast.member
def billing_inbox(inbox: Inbox, billing: Team) -> Inbox:
    return add_inbox(
        brand=inbox.brand, kind="mail", name="Billing", address="billing@demo.test", team=billing
    )


@cast.member
def carol() -> Customer:
    """A customer who writes by mail."""
    return add_customer(
        name="Carol Ashworth",
        email="carol@example.org",
        phone="+44 7700 900123",
        actor=None,
        tier=Tier.objects.get(code="standard"),
    )


@cast.member
def ticket(inbox: Inbox, carol: Customer) -> Ticket:
    """Carol's first mail, as it came in."""
    return write_in(
        inbox, "carol@example.org", "My lamp flickers", "It went dark twice today."
    ).ticket


@cast.member
def billing_ticket(billing_inbox: Inbox) -> Ticket:
    """A ticket that nobody of Support may see."""
    return write_in(billing_inbox, "dora@example.org", "Invoice 4711", "It is wrong.").ticket


def write_in(inbox: Inbox, sender: str, subject: str, text: str, **fields: Any) -> Message:
    """A customer's mail, already understood."""
    number = write_in.count = getattr(write_in, "count", 0) + 1  # type: ignore[attr-defined]
    fields = {"external_id": f"<{number}@example.org>", "to": [Address("", inbox.address)]} | fields
    inbound = InboundMessage(
        sender=Address(fields.pop("name", ""), sender), subject=subject, text=text, **fields
    )
    return actions.receive_message(inbox, inbound)


@pytest.fixture
def mail_in() -> Callable[..., Message]:
    return write_in


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    return sign_in_as


def sign_in_as(user: User, **given: Any) -> Client:
    """As after a sign-in, whose own steps have their own tests."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    client = Client(**given)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@pytest.fixture
def api() -> Callable[[User], APIClient]:
    """A program signed in with a token of the user."""

    def api_as(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(user)}")
        return client

    return api_as


@pytest.fixture
def react() -> Callable[[], int]:
    """Run every reaction that is due, as the workers would."""

    def run_due() -> int:
        count = 0
        for _ in range(20):
            rows = list(Reaction.objects.filter(state="pending").order_by("pk"))
            done = sum(_run(row) for row in rows)
            count += done
            if not done:
                break
        return count

    return run_due


def _run(row: Reaction) -> int:
    if row.lane:
        return int(lanes.run_lane(row.pk))
    return lanes.drain(row.xid)


@pytest.fixture
def seal() -> Callable[[], int]:
    def seal_now() -> int:
        settle()
        return audit.seal(everything=True, checkpoint=True)

    return seal_now


@pytest.fixture
def status() -> Callable[[str], UUID]:
    return lambda code: Status.objects.get(code=code).pk
