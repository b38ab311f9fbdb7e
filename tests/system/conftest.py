"""The whole system, started once for all tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from core.owner import owner_login
from tests.system.deployment import Deployment, Sink
from tests.template_database import copy_template

# A busy machine is no reason to fail.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    sink = Sink().start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def running(
    sink: Sink, django_db_blocker: Any, pytestconfig: pytest.Config
) -> Iterator[Deployment]:
    """Everything that `manage.py up` starts, with two teams, three inboxes and four people.

    The quick tests give it a database of their own server, which has been migrated already; those
    that look into the cluster or shut the application out of it are slow ones.
    """
    database: dict[str, str] = {}
    if pytestconfig.getoption("markexpr") == "not slow":
        with django_db_blocker.unblock(), owner_login():
            database = copy_template("system_helpdesk")
    running = Deployment(smtp_url=sink.url, **database)
    try:
        running.start()
        running.tokens = running.call("furnish")
        running.inboxes = running.call("inbox_ids")
        yield running
    finally:
        running.stop()
