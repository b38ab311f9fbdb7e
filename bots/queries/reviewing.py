"""Months that were verified, as those who look after bots see them."""

from dataclasses import dataclass, field

from django.db.models import QuerySet

from accounts.models import User
from bots.models import Bot, Checked, Flag, Intent, Verification
from bots.queries.verification import Figure, figures_of, turns_of
from bots.words_of_evaluation import WAY_WORDS
from core.fields import warm_keys
from tickets.models import Ticket

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class FigureRow:
    figure: Figure
    words: str


@dataclass(slots=True)
class MonthRow:
    verification: Verification
    figures: list[FigureRow]
    waiting: int  # to be looked at


@dataclass(frozen=True, slots=True)
class Sampled:
    checked: Checked
    text: str
    intent: str  # as it was understood, in words


@dataclass(slots=True)
class MonthPage:
    verification: Verification
    figures: list[FigureRow]
    sample: list[Sampled] = field(default_factory=list)
    judged: int = 0
    hidden: int = 0  # waiting in tickets this person may not see
    against: list[Checked] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)


def list_months(bot: Bot) -> list[MonthRow]:
    months = Verification.objects.filter(bot=bot)[:24]
    return [MonthRow(one, _figures(one), _waiting(one).count()) for one in months]


def _figures(one: Verification) -> list[FigureRow]:
    return [FigureRow(figure, str(WAY_WORDS[figure.way])) for figure in figures_of(one)]


def _waiting(one: Verification) -> "QuerySet[Checked]":
    return one.checked.filter(way=Checked.Way.UNDERSTANDING, found=Checked.Found.WAITING)


def load_month(verification: Verification, user: User) -> MonthPage:
    page = MonthPage(verification, _figures(verification))
    visible = Ticket.objects.visible_to(user)
    waiting = _waiting(verification)
    mine = waiting.filter(turn__dialogue__ticket__in=visible)
    page.sample = _sampled(list(mine.select_related("turn__message")[:_SHOWN]))
    page.hidden = waiting.count() - mine.count()
    sampled = verification.checked.filter(way=Checked.Way.UNDERSTANDING)
    page.judged = sampled.exclude(found=Checked.Found.WAITING).count()
    found = verification.checked.filter(
        way=Checked.Way.KNOWLEDGE, turn__dialogue__ticket__in=visible
    )
    page.against = list(found.select_related("turn__dialogue__ticket")[:_SHOWN])
    warm_keys([one.turn for one in page.against])
    turns = turns_of(verification.bot, verification.month).filter(dialogue__ticket__in=visible)
    flags = Flag.objects.filter(turn__in=turns.order_by().values("pk"))
    page.flags = list(flags.select_related("turn__dialogue__ticket", "reporter")[:_SHOWN])
    warm_keys(page.flags, [one.turn for one in page.flags])
    return page


def _sampled(waiting: list[Checked]) -> list[Sampled]:
    warm_keys([one.turn.message for one in waiting])
    slugs = {one.turn.intent for one in waiting}
    named = {one.slug: str(one) for one in Intent.objects.filter(slug__in=slugs)}
    return [
        Sampled(one, one.turn.message.body, named.get(one.turn.intent, one.turn.intent))
        for one in waiting
    ]
