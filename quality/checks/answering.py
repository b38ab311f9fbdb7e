"""Checks of what was asked and promised: gaps, promises, questions, and whether it is settled."""

import re
from datetime import timedelta

from quality.checks.shapes import NONE, OK, Evidence, Talk, Verdict, fault, part, whole
from quality.checks.words import Sentence, count_han, find, has, rest_without, sentences

LIMITS = {"chat": timedelta(minutes=5), "mail": timedelta(hours=24)}
# Letters besides a goodbye or "ok", and besides thanks.
_LITTLE, _AFTER_THANKS = 36, 120


def is_closing(text: str) -> bool:
    """Thanks, a goodbye or "ok": nobody has to answer."""
    if "?" in text or "？" in text or not has("closing", text) or has("asks_for_more", text):
        return has("customer_confirms", text) and not _asks(text) and not has("not_yet", text)
    limit = _AFTER_THANKS if has("thanks", text) else _LITTLE
    return len(rest_without("closing", text)) <= limit or has("customer_confirms", text)


def response_gap(talk: Talk) -> Verdict:
    if not talk.theirs:
        return NONE
    limit, since, found = LIMITS[talk.channel], None, []
    for at, one in enumerate(talk.said):
        if one.is_ours:
            if since is not None and one.at - talk.said[since].at > limit:
                found.append(whole(talk, since))
            since = None
        elif since is None and not (at and is_closing(one.text)):
            since = at
    if since is not None:
        found.append(whole(talk, since))
    return fault(*found) if found else OK


# Promises


def broken_promise(talk: Talk) -> Verdict:
    made = [(at, one) for at in talk.ours for one in _promises(talk.said[at].text)]
    if not made:
        return NONE
    found = [_at(talk, at, one) for at, one in made if not _is_kept(talk, at, one)]
    return fault(*found) if found else OK


def _promises(text: str) -> list[Sentence]:
    return [
        one
        for one in sentences(text)
        if has("promise", one.text) and not has("conditional", one.text)
    ]


def _is_kept(talk: Talk, at: int, promise: Sentence) -> bool:
    text = talk.said[at].text
    if has("done", text[promise.start + len(promise.text) :]):
        return True
    is_asked = False
    for one in talk.said[at + 1 :]:
        if not one.is_ours:
            if has("customer_saw", one.text) and not has("chases", one.text):
                return True
            is_asked = is_asked or _asks(one.text) or has("chases", one.text)
        elif _reports(one.text) or (not is_asked and _shows(one.text)):
            return True
    return False


def _reports(text: str) -> bool:
    """That it was done, or why not: what counts where the customer has asked for something since,
    as any other words may answer that."""
    return any(
        (has("done", one.text) or has("excuse", one.text))
        and not (has("promise", one.text) or has("advice", one.text))
        and rest_without("pleasantry", one.text)
        for one in sentences(text)
    )


def _shows(text: str) -> bool:
    """That something was done, or why not. What is promised in it again shows nothing."""
    return any(
        (has("done", one.text) or has("excuse", one.text) or _says_something(one.text))
        and not has("promise", one.text)
        for one in sentences(text)
    )


def _says_something(sentence: str) -> bool:
    rest = rest_without("pleasantry", sentence)
    is_long = len(rest) >= (8 if count_han(rest) else 24)
    return is_long and not re.search("[?？]", sentence) and not has("advice", sentence)


def _at(talk: Talk, at: int, one: Sentence) -> Evidence:
    return part(talk, at, one.start, one.start + len(one.text))


# Questions

# What an answer to such a question has in it; of others it is only known that something was said.
_KINDS = ("price", "much", "when", "who", "contact")


def unanswered_question(talk: Talk) -> Verdict:
    asked = [(at, one) for at in talk.theirs for one in _questions(talk.said[at].text)]
    if not asked:
        return NONE
    last = talk.theirs[-1]
    if has("settled", talk.said[last].text):
        return OK
    found = [_at(talk, at, one) for at, one in asked if not _is_answered(talk, at, one)]
    return fault(*found) if found else OK


def _asks(text: str) -> bool:
    return bool(_questions(text))


def _questions(text: str) -> list[Sentence]:
    found = []
    for one in sentences(text):
        is_marked = one.text.rstrip().endswith(("?", "？"))
        is_asked = (
            is_marked
            or has("wants_to_know", one.text)
            or any(
                match.start() == 0 or count_han(match[0]) for match in find("question", one.text)
            )
        )
        if is_asked and len(rest_without("no_question", one.text)) > 3:
            found.append(one)
    return found


def _is_answered(talk: Talk, at: int, question: Sentence) -> bool:
    later = [talk.said[place].text for place in talk.ours if place > at]
    lines = [one.text for text in later for one in sentences(text)]
    told = [one for one in lines if rest_without("pleasantry", one)]
    if any(has("does_not_know", one) for one in told):
        return True
    wanted = [kind for kind in _KINDS if has(f"asks_{kind}", question.text)]
    return bool(told) and all(any(has(f"tells_{kind}", one) for one in told) for kind in wanted)


# The end


def not_confirmed(talk: Talk) -> Verdict:
    if not talk.ours:
        return NONE
    first = talk.ours[0]
    if any(has("asks_confirmation", talk.said[at].text) for at in talk.ours):
        return OK
    later = [talk.said[at].text for at in talk.theirs if at > first]
    if any(has("customer_confirms", one) and not has("not_yet", one) for one in later):
        return OK
    # Thanks count where they end the conversation: what is answered after them is not settled.
    last = talk.theirs[-1] if later else 0
    followed = any(_shows(talk.said[at].text) for at in talk.ours if at > last)
    if later and not followed and has("thanks", later[-1]) and is_closing(later[-1]):
        return OK
    return fault(whole(talk, talk.ours[-1]))
