"""Logs say where something broke and never what was in it."""

import io
import logging
import sys

import pytest
from celery.app.trace import TraceInfo
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from core.logs import DiscreetFormatter

SECRET = "Zephyrine Quillfeather"


@pytest.fixture
def log():
    """A logger as the settings make it, and what it wrote."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    options = dict(settings.LOGGING["formatters"]["line"])
    options.pop("()")
    handler.setFormatter(DiscreetFormatter(options["format"], style=options["style"]))
    logger = logging.Logger("some.name")
    logger.addHandler(handler)
    return logger, written


def test_the_settings_use_it():
    assert settings.LOGGING["formatters"]["line"]["()"] == "core.logs.DiscreetFormatter"


def test_the_place_and_the_kind_are_told_and_the_words_are_not(log):
    logger, written = log
    try:
        try:
            int(SECRET)
        except ValueError as error:
            raise KeyError(SECRET) from error
    except KeyError:
        logger.exception("Reaction %s failed.", "x")

    told = written.getvalue()
    assert SECRET not in told
    assert "ERROR some.name: Reaction x failed." in told
    assert told.index("builtins.ValueError") < told.index("builtins.KeyError")
    assert "test_logs.py" in told and "int(SECRET)" in told


@pytest.mark.django_db
def test_a_database_that_quotes_the_value_is_not_repeated(log):
    logger, written = log
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        try:
            cursor.execute("SELECT %s::uuid", [SECRET])
        except DatabaseError as error:
            assert SECRET in str(error)
            logger.error("Broken.", exc_info=error)
            raise
    assert SECRET not in written.getvalue()
    assert "django.db.utils.DataError" in written.getvalue()


def test_a_task_that_fails_does_not_tell_why(log):
    """Celery writes the exception into the line itself."""
    logger, written = log
    try:
        raise ValueError(SECRET)
    except ValueError:
        failure = sys.exc_info()
    context = {"name": "t", "id": "1", "exc": repr(failure[1]), "traceback": SECRET}
    line = "Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s"
    logger.error(line, context, exc_info=failure)
    assert hasattr(TraceInfo, "_log_error")
    assert SECRET not in written.getvalue()
    assert "Task t[1] raised unexpected: ValueError" in written.getvalue()
