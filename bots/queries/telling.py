"""What bots understand, told to other apps: see ``core.registry.understanders``."""

import time
from uuid import UUID

from django.db import connection

from bots.models import Intent
from bots.queries.understanding import live_model, understand
from core.registry import Understood

_FRESH_SECONDS = 5.0
# By database: when it was looked last, and whether anything was taught.
_known: dict[str, tuple[float, bool]] = {}


def is_taught() -> bool:
    """So old may be what a process knows of it as ``_FRESH_SECONDS``."""
    name = str(connection.settings_dict["NAME"])
    looked, taught = _known.get(name, (0.0, False))
    if time.monotonic() - looked > _FRESH_SECONDS:
        taught = live_model() is not None
        _known[name] = time.monotonic(), taught
    return taught


def understand_for_others(
    words: str, *, language: str = "", brand: UUID | None = None
) -> Understood | None:
    """None while nothing was taught: to load encoders for it would be worth nothing."""
    if live_model() is None:
        return None
    found = understand(words, language=language or None, brand=brand)
    return Understood(found.intent, found.confidence, found.language, found.mood, found.urgency)


def list_intents() -> list[tuple[str, str]]:
    """Those in use, for whoever chooses among them."""
    return sorted((row.slug, str(row)) for row in Intent.objects.filter(is_active=True))
