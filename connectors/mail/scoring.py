"""How likely a mail is spam, by the words in it (Graham, "A Plan for Spam", 2002).

Pure: counts come in, a probability goes out. Cautious on purpose: no single word decides, and
nothing is said before people have judged enough mails of both kinds.
"""

import math
from collections.abc import Iterable, Sequence

from core.words import TOKEN, normalise, split_token, stem

MIN_JUDGED = 20  # mails of each kind
THRESHOLD = 0.99
MAX_FEATURES = 400
_TOLD = 25  # the words that say most
_MIN_SEEN = 2
_MAX_WEIGHT = 2.0


def features_of(subject: str, text: str, domain: str) -> list[str]:
    """What is counted: stemmed words, pairs of Chinese characters, the sender's domain."""
    found = dict.fromkeys([f"from {domain.casefold()}"] if domain else [])
    found |= dict.fromkeys(f"subject {word}" for word in _words(subject[:500]))
    found |= dict.fromkeys(_words(text[:20_000]))
    return list(found)[:MAX_FEATURES]


def _words(text: str) -> Iterable[str]:
    for token in TOKEN.finditer(normalise(text)):
        if run := token[1]:
            yield from (run[at : at + 2] for at in range(max(len(run) - 1, 1)))
        else:
            yield from (stem(part) for part in split_token(token[0]) if 2 < len(part) < 40)


def probability(seen: Sequence[tuple[int, int]], *, spam: int, wanted: int) -> float:
    """``seen`` has for each word of the mail in how many judged mails it stood: spam, wanted."""
    if spam < MIN_JUDGED or wanted < MIN_JUDGED:
        return 0.0
    weights = [_weight(s, w, spam, wanted) for s, w in seen if s + w >= _MIN_SEEN]
    telling = sorted(weights, key=abs, reverse=True)[:_TOLD]
    return 1 / (1 + math.exp(-sum(telling)))


def _weight(in_spam: int, in_wanted: int, spam: int, wanted: int) -> float:
    odds = ((in_spam + 0.5) / (spam + 1)) / ((in_wanted + 0.5) / (wanted + 1))
    return max(-_MAX_WEIGHT, min(_MAX_WEIGHT, math.log(odds)))
