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
def running(sink: Sink, django_db_blocker: Any) -> Iterator[Deployment]:
    """Everything that `manage.py up` starts, with two teams, three inboxes and four people.

    Its database is one of the server's the tests have, which has been migrated already.
    """
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
