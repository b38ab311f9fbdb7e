"""A survey that asks at once, and what a customer sees of it."""

import email
import email.policy
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from surveys.actions.definitions import publish, save_draft, save_policy, save_survey, switch
from surveys.models import Survey
from tickets import actions


def make_survey(admin: Any, *, metric: str = "csat", **values: Any) -> Survey:
    given = {"name": f"After {metric}", "delay_minutes": 0, "share": 100, "remind_days": 3}
    survey = save_survey(None, actor=admin, **(given | {"expires_days": 14} | values))
    save_draft(survey, metric=metric, questions=[], texts={}, actor=admin)
    publish(survey, actor=admin)
    return switch(Survey.objects.get(pk=survey.pk), is_on=True, actor=admin)


@pytest.fixture
def survey(admin) -> Survey:
    return make_survey(admin)


@pytest.fixture
def no_cap(admin) -> None:
    save_policy(actor=admin, cap=1000)


@pytest.fixture
def solve(alice) -> Callable[[Any], Any]:
    def solved(ticket: Any) -> Any:
        return actions.move_to_status(ticket, actor=alice, status="resolved")

    return solved


@pytest.fixture
def mails(settings) -> Callable[[], list[Any]]:
    """What has left, oldest first."""

    def read() -> list[Any]:
        found = sorted(settings.OUTBOX_DIR.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [
            email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            for file in found
        ]

    return read


def link_in(mail: Any) -> str:
    """The path of the link without a score."""
    text = mail.get_body(("plain",)).get_content()
    return re.search(r"/survey/[0-9a-f]{64}/", text)[0]


@pytest.fixture
def asked(survey, ticket, solve, react, mails) -> Callable[[], str]:
    """Solve Carol's ticket; the path of the link she was mailed."""

    def path() -> str:
        solve(ticket)
        react()
        return link_in(mails()[-1])

    return path


@pytest.fixture
def phone() -> Client:
    return Client()
