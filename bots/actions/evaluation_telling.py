"""Mails to those who look after bots."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation import SET_UP
from bots.actions.teaching import TEACH
from bots.models import Run, Verification
from bots.queries.gate import problem_of
from bots.words_of_evaluation import WAY_WORDS


def tell_of_alarm(verification: Verification, ways: list[str]) -> int:
    """Says how many were told."""
    link = urljoin(settings.PUBLIC_URL, reverse("bots:verification", args=[verification.pk]))
    told = 0
    for user in _people(SET_UP):
        with translation.override(user.language or settings.LANGUAGE_CODE):
            fallen = ", ".join(str(WAY_WORDS[way]) for way in ways if way in WAY_WORDS)
            lines = [
                _("%(bot)s does worse than the month before, and by more than chance allows:")
                % {"bot": verification.bot.name},
                fallen,
                _("What was found, case by case:"),
                link,
            ]
            _send(user, _("%(bot)s does worse") % {"bot": verification.bot.name}, lines)
        told += 1
    return told


def tell_of_refusal(run: Run) -> int:
    """Where a training was meant to go live by itself and a suite stands against it."""
    if not problem_of(run, run.suite):
        return 0
    link = urljoin(settings.PUBLIC_URL, reverse("bots:run", args=[run.pk]))
    told = 0
    for user in _people(TEACH):
        with translation.override(user.language or settings.LANGUAGE_CODE):
            lines = [
                _("Version %(n)s was trained and is not used: “%(suite)s” stands against it.")
                % {"n": run.model, "suite": run.suite.name},
                _("%(right)s of %(count)s tests are right, with what is live %(live)s.")
                % {"right": run.right, "count": run.count, "live": run.live_right},
                link,
            ]
            _send(user, _("A training is not used"), lines)
        told += 1
    return told


def _people(right: str) -> list[User]:
    people = User.objects.filter(kind=User.Kind.PERSON, is_active=True, notify_by_mail=True)
    return [user for user in people.order_by("pk") if user.may(right)]


def _send(user: User, subject: str, lines: list[str]) -> None:
    send_mail(subject, "\n\n".join(lines) + "\n", from_email=None, recipient_list=[user.email])
