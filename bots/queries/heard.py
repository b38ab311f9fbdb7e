"""What customers said to bots lately, for a training to learn from without labels."""

from bots.models import Turn
from core.fields import warm_keys
from core.languages import identify
from tickets.models import Message

MOST = 3_000
# Shorter ones are values and small talk, longer ones stories of several matters.
_SHORTEST, _LONGEST = 8, 500


def list_heard() -> list[tuple[str, str]]:
    """Texts with their languages, the newest first."""
    turns = Turn.objects.filter(model__gt=0, message__redacted_at=None).order_by("-at", "-id")
    newest = list(turns.values_list("message", flat=True)[:MOST])
    messages = list(
        Message.objects.filter(pk__in=newest)
        .select_related("ticket")
        .only("body", "language", "ticket__customer")
        .order_by("-at", "-id")
    )
    warm_keys(messages)
    told = ((" ".join(one.body.split()), one.language) for one in messages)
    return [
        (text, language or identify(text).code)
        for text, language in told
        if _SHORTEST <= len(text) <= _LONGEST
    ]
