"""Widgets: one inbox of the kind chat with its look and rules."""

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from connectors.actions import add_inbox
from connectors.models import Brand, Inbox
from core.errors import Invalid
from core.events import record
from livechat.models import ChatWidget
from livechat.queries.config import FIELDS

_HOST = re.compile(r"^[a-z0-9.\-\[\]:]+$")


@transaction.atomic
def add_widget(
    brand: Brand, *, name: str, team: Team | None = None, actor: User | None = None, **values: Any
) -> ChatWidget:
    """With an inbox of its own; answers leave it at once."""
    inbox = add_inbox(
        actor=actor, brand=brand, kind=Inbox.Kind.CHAT, name=name, team=team, undo_seconds=0
    )
    widget = ChatWidget(inbox=inbox, **_checked(values, brand))
    widget.save(force_insert=True)
    record("widget.added", subject=widget, actor=actor, inbox=inbox.pk)
    return widget


@transaction.atomic
def change_widget(widget: ChatWidget, *, actor: User, **values: Any) -> ChatWidget:
    """The event says which fields differ, not what they say."""
    found = ChatWidget.objects.select_for_update(of=("self",)).select_related("inbox__brand")
    widget = found.get(pk=widget.pk)
    wanted = _checked(values, widget.inbox.brand)
    changed = [name for name, value in wanted.items() if getattr(widget, name) != value]
    for name in changed:
        setattr(widget, name, wanted[name])
    if changed:
        widget.save(update_fields=changed)
        record("widget.changed", subject=widget, actor=actor, fields=changed)
    return widget


@transaction.atomic
def renew_host_secret(widget: ChatWidget, *, actor: User) -> str:
    """Tokens signed with the one before hold no longer. Shown once."""
    widget = ChatWidget.objects.select_for_update().get(pk=widget.pk)
    widget.host_secret = secrets.token_urlsafe(48)
    widget.save(update_fields=["host_secret"])
    record("widget.secret_renewed", subject=widget, actor=actor)
    return widget.host_secret


def _checked(values: dict[str, Any], brand: Brand) -> dict[str, Any]:
    checked = dict(values)
    if "origins" in checked:
        origins = [read_origin(origin) for origin in checked["origins"]]
        checked["origins"] = list(dict.fromkeys(origins))
    mail_inbox = checked.get("mail_inbox")
    if mail_inbox and (mail_inbox.brand_id != brand.pk or not mail_inbox.address):
        raise Invalid(_("Choose a mailbox of the same brand."), field="mail_inbox")
    unknown = {str(field.get("name")) for field in checked.get("fields", [])} - set(FIELDS)
    if unknown:
        raise Invalid(_("There is no such field."), field="fields")
    return checked


def read_origin(text: str) -> str:
    """As browsers name it: scheme, host and a port that is not the usual one."""
    parts = urlsplit(text.strip().lower().rstrip("/"))
    is_site = parts.scheme in ("http", "https") and not (
        parts.path or parts.query or parts.username
    )
    if not is_site or not parts.netloc or not _HOST.match(parts.netloc):
        raise Invalid(_("Write the website like https://www.example.com."), field="origins")
    usual = {"https": ":443", "http": ":80"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual)}"
