"""The whole system, started once for all tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.system.deployment import Deployment, Sink

# A busy machine is no reason to fail.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    sink = Sink().start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def running(sink: Sink) -> Iterator[Deployment]:
    """Everything that `manage.py up` starts, with two teams, three inboxes and four people."""
    running = Deployment(smtp_url=sink.url)
    try:
        running.start()
        running.tokens = running.call("furnish")
        running.inboxes = running.call("inbox_ids")
        yield running
    finally:
        running.stop()
