"""A bot is asked: what is to be answered goes straight to the lane of its turns."""

from uuid import UUID

from bots.models import Bot
from bots.queries.bots import find_bot
from core.events import record


def ask_bot(inbox: UUID, message: UUID) -> None:
    """In the transaction of what was said; for ``core.registry.asked_first``."""
    if bot := find_bot(inbox):
        ask(bot, message)


def ask(bot: Bot, message: UUID) -> None:
    record("bot.asked", subject=bot, actor=None, message=message)
