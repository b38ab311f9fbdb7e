"""What may help with an answer beside articles: reply templates, and requests solved before."""

import math
from collections.abc import Iterable
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from accounts.models import User
from core.fulltext import find_snippet
from core.registry import ComposerHint
from tickets.queries.answers import MAX_WORDS, terms_of
from tickets.queries.macros import Offer, offered_macros, ticket_for_text
from tickets.queries.similar import find_solved

_REPLIES, _SOLVED = 2, 3
_TITLE, _BODY, _ENOUGH = 3.0, 1.0, 2
_SNIPPET = 140


class TicketHints:
    """Nothing but what this user may see and use."""

    def find(self, words: str, *, user: User, ticket: UUID) -> Iterable[ComposerHint]:
        try:
            asked = ticket_for_text(user, ticket)
        except Http404:
            return []
        replies = _fitting(words, offered_macros(user, asked))
        return [*replies, *_solved(words, user, ticket)]


def _fitting(words: str, offers: list[Offer]) -> list[ComposerHint]:
    """Templates that only say something: what a macro changes is never done by inserting it."""
    terms = terms_of(words[:MAX_WORDS])
    usable = [
        (offer, terms_of(offer.macro.name), terms_of(offer.text))
        for offer in offers
        if offer.text and not offer.unfilled
    ]
    rarity = {
        term: math.log(1 + len(usable) / (1 + sum(term in t or term in b for _, t, b in usable)))
        for term in terms
    }
    scored = []
    for offer, title, body in usable:
        if not terms & title and len(terms & body) < _ENOUGH:
            continue
        score = sum(rarity[t] * (_TITLE if t in title else _BODY) for t in terms & (title | body))
        scored.append((score, offer))
    best = sorted(scored, key=lambda pair: -pair[0])[:_REPLIES]
    return [
        ComposerHint("reply", offer.macro.name, text=offer.text, is_internal=offer.macro.is_note)
        for _, offer in best
    ]


def _solved(words: str, user: User, ticket: UUID) -> list[ComposerHint]:
    """Where it was solved, to be read there: what another customer was told is not inserted."""
    found = find_solved(words[:MAX_WORDS], user=user, limit=_SOLVED + 1)
    return [
        ComposerHint(
            "solved",
            one.ticket.subject,
            url=reverse("tickets:ticket", args=[one.ticket.pk]),
            fragments=tuple(find_snippet(one.question.body, words[:400], _SNIPPET)),
        )
        for one in found
        if one.ticket.pk != ticket
    ][:_SOLVED]
