"""What rules may ask of a bot; see ``core.registry.rule_actions``."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from bots.actions.handing_over import hand_over
from bots.dialogue.shapes import State
from bots.models import Dialogue, HandOff
from core.errors import Invalid
from core.rule_parts import RuleAction, RuleDone, RuleRunning
from tickets.models import Message, Ticket


def call_people(ticket: Ticket, _actor: User, _value: Any, _running: RuleRunning) -> RuleDone:
    """The bot says no more here; people are looked for, with what it has found out."""
    dialogues = Dialogue.objects.select_for_update(of=("self",)).select_related(
        "bot__user", "thread__inbox", "ticket__inbox"
    )
    dialogue = dialogues.filter(ticket=ticket, state=Dialogue.State.BOT).order_by("pk").last()
    said = Message.objects.filter(ticket=ticket, direction=Message.Direction.IN).order_by("-seq")
    cause = said.first()
    if dialogue is None or cause is None:
        raise Invalid(_("No bot speaks in this ticket."))
    dialogue.ticket = ticket
    dialogue.fence += 1
    state = State.from_json(dialogue.kept)
    state.phase, state.reason = "handed", "policy"
    dialogue.kept = state.as_json()
    dialogue.save()
    hand_over(dialogue, reason=HandOff.Reason.POLICY, state=state, cause=cause)
    return RuleDone(has_acted=True)


HAND_OVER = RuleAction(
    gettext_lazy("Let the bot hand over to people"), "tickets.change_ticket", call_people
)
