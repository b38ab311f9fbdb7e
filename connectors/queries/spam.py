"""Blocked senders, and what the words of a mail say by what people judged before."""

import hmac

from connectors.mail import scoring
from connectors.models import SenderBlock, SpamWord
from core import blind
from core.crypto import derive

_WORD_BYTES = 12
# Counts the judged mails themselves; no word is empty.
TOTAL = ""


def domain_of(email: str) -> str:
    return blind.normalise_email(email).rpartition("@")[2]


def block_index(value: str) -> bytes:
    return blind.handle_index("blocked-sender", value)


def is_blocked(email: str) -> bool:
    """By its address, or by its domain or any domain above it."""
    labels = domain_of(email).split(".")
    domains = ["@" + ".".join(labels[at:]) for at in range(len(labels))][:20]
    indexes = [block_index(value) for value in [blind.normalise_email(email), *domains]]
    return SenderBlock.objects.filter(value_index__in=indexes).exists()


def word_index(word: str) -> bytes:
    return hmac.digest(derive("spam.word"), word.encode("utf-8", "replace"), "sha256")[:_WORD_BYTES]


def looks_like_spam(*, subject: str, text: str, sender: str) -> bool:
    words = scoring.features_of(subject, text, domain_of(sender))
    indexes = [word_index(word) for word in [TOTAL, *words]]
    rows = SpamWord.objects.filter(word_index__in=indexes)
    counts = {bytes(row.word_index): (row.spam, row.wanted) for row in rows}
    spam, wanted = counts.pop(indexes[0], (0, 0))
    found = scoring.probability(list(counts.values()), spam=spam, wanted=wanted)
    return found >= scoring.THRESHOLD
