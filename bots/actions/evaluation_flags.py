"""That an answer was wrong: said by a colleague, or by a customer's bad rating."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.models import Dialogue, Flag, HandOff, Turn
from core.clock import now
from core.errors import NotAllowed
from core.events import record

# Of five stars.
BAD = 2
REPLY = "tickets.reply_ticket"


@transaction.atomic
def flag_answer(turn: Turn, *, actor: User, note: str = "") -> Flag:
    """The caller has seen to it that the actor may see the ticket. Said twice it is one flag."""
    if not actor.may(REPLY):
        raise NotAllowed(_("Your role does not allow this."), right=REPLY)
    flag = Flag.objects.filter(turn=turn, by=Flag.By.AGENT).first()
    flag = flag or Flag(turn=turn, by=Flag.By.AGENT, at=now())
    flag.reporter, flag.note = actor, note.strip()[:500]
    flag.save()
    record("answer.flagged", subject=turn.dialogue, actor=actor, turn=turn.pk)
    return flag


def note_rating(ticket: UUID, *, score: int) -> None:
    """Of a chat that nobody but the bot answered; the newest rating counts. In a transaction."""
    dialogue = Dialogue.objects.filter(ticket=ticket).order_by("-began_at").first()
    if dialogue is None or HandOff.objects.filter(dialogue=dialogue).exists():
        return
    turn = dialogue.turns.exclude(answer=None).order_by("-at").first()
    if turn is None:
        return
    if score > BAD:
        Flag.objects.filter(turn__dialogue=dialogue, by=Flag.By.CUSTOMER).delete()
    elif not Flag.objects.filter(turn__dialogue=dialogue, by=Flag.By.CUSTOMER).exists():
        Flag.objects.create(turn=turn, by=Flag.By.CUSTOMER, at=now())
