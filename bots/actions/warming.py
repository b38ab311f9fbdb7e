"""Loading what the first message of a worker would have to wait for, some seconds of it."""

import logging

from django.db import Error, connection

from bots.models import Bot
from bots.queries.answers import find_answer
from bots.queries.understanding import load_encoders, warm_up
from core.encoders import EncoderUnavailable
from knowledge.models import Reader

log = logging.getLogger("helpdesk.bots")


def share_encoders() -> None:
    """In the process that workers are forked from, before they are: they use one copy of hundreds
    of megabytes together. Leaves no connection open, which a fork could not share."""
    try:
        if Bot.objects.filter(is_paused=False).exists():
            load_encoders()
    except (Error, EncoderUnavailable) as problem:
        log.info("Each worker loads its own encoders: %s.", type(problem).__name__)
    finally:
        connection.close()


def warm_up_bots() -> None:
    """In a thread of its own, when a worker begins. Without a bot nothing is loaded."""
    try:
        bot = Bot.objects.filter(is_paused=False).first()
        if bot:
            warm_up()
            find_answer("refund", reader=Reader(brand=bot.brand_id), language="en")
    except Error:
        log.info("Bots could not be warmed up: the database does not answer yet.")
    finally:
        connection.close()
