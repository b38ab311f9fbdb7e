"""What an agent is told of a hand-off, in their own language."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.models import User
from bots.models import Dialogue, HandOff, Turn
from core.fields import warm_keys
from tickets.models import Ticket

_SHOWN = 4


def summary_lines(handoff: HandOff) -> list[tuple[str, str]]:
    """Name and value of each line: why, what was asked, what is known, what was tried."""
    told = handoff.told or {}
    lines = [(_("Why"), str(HandOff.Reason(handoff.reason).label))]
    if questions := told.get("questions"):
        lines.append((_("Asked"), " · ".join(f"“{one}”" for one in questions[-_SHOWN:])))
    known = [f"{slot_words(name)}: {value}" for name, value in told.get("slots", {}).items()]
    if known:
        lines.append((_("Known"), " · ".join(known)))
    if tried := told.get("tried"):
        lines.append((_("Tried"), ", ".join(tried_words(name) for name in tried)))
    return lines


def slot_words(name: str) -> str:
    known = {
        "order": _("Order"),
        "postcode": _("Postcode"),
        "address": _("Address"),
        "email": _("E-mail"),
        "phone": _("Phone"),
    }
    return str(known.get(name, name.replace("_", " ")))


def tried_words(name: str) -> str:
    return _("looked in the help centre") if name == "knowledge" else name.replace("_", " ")


@dataclass(slots=True)
class BotPart:
    """What a ticket's page shows of the bot."""

    dialogue: Dialogue
    lines: list[tuple[str, str]] = field(default_factory=list)
    suggestion: Turn | None = None
    turns: list[Turn] = field(default_factory=list)

    @property
    def is_with_bot(self) -> bool:
        return self.dialogue.state == Dialogue.State.BOT


def load_part(ticket: Ticket, user: User) -> BotPart | None:
    """None where no bot had a part in it. The caller has seen to it that the user may see the
    ticket."""
    dialogues = Dialogue.objects.filter(ticket=ticket).select_related("bot", "ticket")
    dialogue = dialogues.order_by("-began_at").first()
    if dialogue is None:
        return None
    part = BotPart(dialogue)
    handoff = dialogue.handoffs.select_related("dialogue__ticket").first()
    turns = dialogue.turns.select_related("dialogue__ticket").prefetch_related("flags")
    part.turns = list(turns.order_by("-at")[:_SHOWN])
    warm_keys(part.turns, [handoff] if handoff else [])
    if handoff and handoff.given_back_at is None and handoff.told:
        part.lines = summary_lines(handoff)
    newest = part.turns[0] if part.turns else None
    if newest and newest.is_suggestion and newest.said and ticket.waiting_since:
        part.suggestion = newest
    return part
