"""The live bot verified once a month, three ways: a sample of what it understood goes to people,
its answers are held against today's articles, and what customers and colleagues flagged is
counted."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation import SET_UP, require
from bots.actions.teaching import TEACH, teach
from bots.errors import AlreadyDecided
from bots.models import Bot, Checked, Intent, IntentExample, Verification
from bots.queries.verification import (
    Shelf,
    answers_of,
    count_flagged,
    draw_sample,
    figures_of,
    last_month,
    turns_of,
)
from core.clock import now
from core.errors import Invalid
from core.events import record

_MOST_SIGNS = 300


def ask_due() -> int:
    """Of each bot whose last month was not verified yet."""
    month = last_month()
    due = Bot.objects.exclude(verifications__month=month)
    for bot in due:
        ask_verification(bot, month=month, actor=None)
    return len(due)


@transaction.atomic
def ask_verification(bot: Bot, *, month: date, actor: User | None) -> Verification:
    """Again of the same month: the sample stays, what was counted is counted anew."""
    require(actor, SET_UP)
    found, _new = Verification.objects.get_or_create(
        bot=bot, month=month, defaults={"made_at": now()}
    )
    record("verification.asked", subject=found, actor=actor)
    return found


def look_again(verification: Verification) -> dict[str, Any]:
    """Slow, and outside any transaction."""
    bot, month = verification.bot, verification.month
    shelf, cited, against = Shelf(), 0, []
    for turn in answers_of(bot, month):
        cited += 1
        if found := shelf.judge(turn):
            against.append((turn.pk, found))
    sampled = verification.checked.filter(way=Checked.Way.UNDERSTANDING).exists()
    return {
        "cited": cited,
        "against": against,
        "sample": [] if sampled else draw_sample(bot, month),
        "answers": turns_of(bot, month).exclude(answer=None).count(),
        "flagged": count_flagged(bot, month),
    }


def keep_verification(verification: Verification, found: dict[str, Any]) -> Verification:
    """Within a transaction."""
    verification = Verification.objects.select_for_update().get(pk=verification.pk)
    verification.checked.filter(way=Checked.Way.KNOWLEDGE).delete()
    Checked.objects.bulk_create(
        [
            *(
                Checked(verification=verification, turn_id=pk, way=Checked.Way.UNDERSTANDING)
                for pk in found["sample"]
            ),
            *(
                Checked(
                    verification=verification, turn_id=pk, way=Checked.Way.KNOWLEDGE, found=what
                )
                for pk, what in found["against"]
            ),
        ]
    )
    verification.figures = {
        "cited": found["cited"],
        "agreeing": found["cited"] - len(found["against"]),
        "answers": found["answers"],
        "flagged": found["flagged"],
    }
    verification.made_at = now()
    verification.save()
    record("verification.made", subject=verification, actor=None)
    note_drift(verification)
    return verification


def note_drift(verification: Verification) -> list[str]:
    """In a transaction. An alarm that rings already does not ring again; one whose cause is gone
    is taken back. Says which are new."""
    alarms = [
        {
            "way": one.way,
            "before": list(one.before or ()),
            "now": [one.right, one.count],
            "chance": round(one.chance, 6),
        }
        for one in figures_of(verification)
        if one.has_fallen
    ]
    known = {one["way"] for one in verification.alarms}
    new = [str(one["way"]) for one in alarms if one["way"] not in known]
    if alarms != verification.alarms:
        verification.alarms = alarms
        verification.save(update_fields=["alarms"])
    if new:
        record("verification.alarmed", subject=verification, actor=None, ways=new)
    return new


# What people say of the sample


@transaction.atomic
def judge_sampled(checked: Checked, *, is_right: bool, actor: User, should_be: str = "") -> Checked:
    """Whether the intent was right; if not, which one was meant (none: none of ours). What was
    looked at becomes an example that is learned from."""
    require(actor, TEACH)
    checked = (
        Checked.objects.select_for_update(of=("self",))
        .select_related("turn__message__ticket__customer", "verification")
        .get(pk=checked.pk)
    )
    if checked.way != Checked.Way.UNDERSTANDING:
        raise AlreadyDecided(_("Nobody has to decide about this."))
    if should_be and not Intent.objects.filter(slug=should_be).exists():
        raise Invalid(_("There is no intent “%(name)s”.") % {"name": should_be}, field="should_be")
    checked.found = Checked.Found.RIGHT if is_right else Checked.Found.WRONG
    checked.should_be = checked.turn.intent if is_right else should_be
    checked.decided_by, checked.decided_at = actor, now()
    checked.save()
    record("verification.judged", subject=checked.verification, actor=actor, found=checked.found)
    _teach_from(checked, actor)
    note_drift(Verification.objects.select_for_update().get(pk=checked.verification_id))
    return checked


def _teach_from(checked: Checked, actor: User) -> None:
    """Sealed with the customer's own key, gone with the customer."""
    intent = Intent.objects.filter(slug=checked.should_be, is_active=True).first()
    message = checked.turn.message
    text = " ".join(message.body.split())
    if intent is None or not text or len(text) > _MOST_SIGNS:
        return
    teach(
        intent,
        lines=[text],
        actor=actor,
        source=IntentExample.Source.CONVERSATION,
        customer=message.ticket.customer,
    )
