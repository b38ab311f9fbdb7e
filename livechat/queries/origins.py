"""From which websites a widget may speak, and with what it shows who is speaking."""

from urllib.parse import urlsplit

from django.conf import settings

from livechat.errors import BadOrigin
from livechat.models import ChatWidget


def check_origin(widget: ChatWidget, origin: str) -> None:
    """None is named by programs and by pages of our own; any other must be on the list."""
    if origin and origin != own_origin() and origin not in widget.origins:
        raise BadOrigin("This website may not show the widget.")


def own_origin() -> str:
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.scheme}://{parts.netloc}"


def token_in(header: str) -> str:
    kind, _space, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
