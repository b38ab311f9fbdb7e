"""Slips of the pen in the few words on which most messages turn: an encoder knows “cancel”, and
not what “cancle” is."""

# Lists of words are read best as lines.
# ruff: noqa: SIM905

import re

_WORDS = frozenset(
    "account address arrive arrived bottle broken cancel cancelled change changed charged cheaper"
    " colour courier cracked customer damaged deliver delivered delivery discount email exchange"
    " furniture guarantee invoice missing order ordered orders package parcel password payment"
    " person please postage postcode product received receipt refund refunded refunds replace"
    " replacement return returned returning returns scratched shipping shipped status tracking"
    " voucher warranty where wrong".split()
)
# Words in their own right, one letter from those above.
_OTHERS = frozenset(
    "older odder border owners refunding bottles there here were chance changes persons"
    " parsons pastel cancels colours statue product's package's retuned missed wring throng"
    " customers broker replaced replaces delivers arrives ordering".split()
)
# Without their sign, as many write them; an encoder takes them for words of their own.
_CONTRACTED = {
    "wheres": "where's",
    "whats": "what's",
    "hows": "how's",
    "whens": "when's",
    "whos": "who's",
    "thats": "that's",
    "dont": "don't",
    "doesnt": "doesn't",
    "didnt": "didn't",
    "isnt": "isn't",
    "wasnt": "wasn't",
    "arent": "aren't",
    "havent": "haven't",
    "hasnt": "hasn't",
    "wont": "won't",
    "cant": "can't",
    "couldnt": "couldn't",
}
_WORD = re.compile(r"[A-Za-z]{4,14}")


def mend(text: str) -> str:
    return _WORD.sub(lambda found: _mended(found[0]), text)


def _mended(word: str) -> str:
    said = word.lower()
    if said in _CONTRACTED:
        return _CONTRACTED[said]
    if said in _WORDS or said in _OTHERS:
        return word
    alike = [one for one in _WORDS if one[0] == said[0] and is_one_slip(said, one)]
    return alike[0] if len(alike) == 1 else word


def is_one_slip(said: str, meant: str) -> bool:
    """A letter left out, added, or another one, or two neighbours swapped."""
    if abs(len(said) - len(meant)) > 1 or len(meant) < 5:
        return False
    at = next((i for i, (a, b) in enumerate(zip(said, meant, strict=False)) if a != b), None)
    if at is None:
        # One letter more or less at the end is mostly a form of its own.
        return False
    rest, wanted = said[at:], meant[at:]
    if len(said) == len(meant):
        swapped = rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:]
        return swapped or rest[1:] == wanted[1:]
    return rest[1:] == wanted if len(said) > len(meant) else rest == wanted[1:]
