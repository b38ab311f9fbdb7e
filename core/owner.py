"""The owner's login, for what the application's may not do: making tables, granting rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection

_LOGIN = ("USER", "PASSWORD", "HOST", "PORT")


@contextmanager
def owner_login() -> Iterator[None]:
    """Use the owner's login on the same database; the connection is opened anew on both ends."""
    parts = urlsplit(settings.DATABASE_OWNER_URL)
    owner = {
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
    }
    own = {name: connection.settings_dict[name] for name in _LOGIN}
    _switch(owner)
    try:
        yield
    finally:
        _switch(own)


def _switch(login: dict[str, str]) -> None:
    if any(connection.settings_dict[name] != value for name, value in login.items()):
        connection.close()
        connection.settings_dict.update(login)


def application_role() -> str:
    return unquote(urlsplit(settings.DATABASE_URL).username or "")
