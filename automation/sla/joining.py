"""Histories of tickets that were merged or split: what was said counts where it stands now, and
no wait begins anew because somebody moved it."""

from collections.abc import Iterable

from automation.sla.shapes import OPENED, Happening


def inherit(own: Iterable[Happening], *others: Iterable[Happening]) -> list[Happening]:
    """The states of a ticket, and those of the tickets its messages came from up to the moment it
    was opened itself. So it has been open since the first of them was, and a pause that one of
    them had before stays a pause."""
    states = sorted(own, key=lambda h: h.key)
    opened = next((h for h in states if h.what == OPENED), None)
    if opened is None:
        return states
    earlier = {h for other in others for h in other if h.at < opened.at}
    return sorted([*earlier, *states], key=lambda h: h.key)
