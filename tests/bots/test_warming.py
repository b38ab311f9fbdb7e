"""What workers load before the first message, and what they share."""

import pytest

from bots.actions import add_bot, pause_bot, warming
from core.encoders import EncoderUnavailable

pytestmark = pytest.mark.django_db


class Connection:
    """The test's own must not be closed: the test ends with it."""

    def __init__(self):
        self.is_closed = False

    def close(self):
        self.is_closed = True


@pytest.fixture
def loaded(monkeypatch):
    found = []
    monkeypatch.setattr(warming, "connection", Connection())
    monkeypatch.setattr(warming, "load_encoders", lambda: found.append("encoders"))
    return found


@pytest.fixture
def bot(inbox, admin):
    return add_bot(inbox.brand, name="Robin", actor=admin, languages=["en"])


def test_workers_share_what_is_loaded_before_they_are_forked(loaded, bot):
    warming.share_encoders()
    assert loaded == ["encoders"]
    assert warming.connection.is_closed


def test_without_a_bot_at_work_nothing_is_loaded(loaded, bot, admin):
    pause_bot(bot, is_paused=True, actor=admin)
    warming.share_encoders()
    assert loaded == []
    assert warming.connection.is_closed


def test_a_worker_starts_where_an_encoder_does_not_run(loaded, bot, monkeypatch):
    def fail():
        raise EncoderUnavailable("It does not run here.")

    monkeypatch.setattr(warming, "load_encoders", fail)
    warming.share_encoders()
    assert warming.connection.is_closed
