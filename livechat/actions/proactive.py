"""What is said first, to visitors of some pages."""

from typing import Any

from django.db import transaction

from accounts.models import User
from core.events import record
from livechat.models import ChatWidget, ProactiveMessage


@transaction.atomic
def keep_proactive(
    widget: ChatWidget, message: ProactiveMessage | None = None, *, actor: User, **values: Any
) -> ProactiveMessage:
    """A new one, or that one changed."""
    kept = message or ProactiveMessage(widget=widget)
    changed = [name for name, value in values.items() if getattr(kept, name) != value]
    for name in changed:
        setattr(kept, name, values[name])
    if message is None or changed:
        kept.save()
        what = "widget.proactive_added" if message is None else "widget.proactive_changed"
        record(what, subject=widget, actor=actor, proactive=kept.pk, fields=changed)
    return kept


@transaction.atomic
def remove_proactive(message: ProactiveMessage, *, actor: User) -> None:
    widget, pk = message.widget, message.pk
    message.delete()
    record("widget.proactive_removed", subject=widget, actor=actor, proactive=pk)
