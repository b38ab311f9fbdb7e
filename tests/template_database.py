"""The migrated database, made once on a server: each worker's, and the next run's, is a copy."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import Connection, sql

_PREFIX = "template_helpdesk_"
_LOCK = 0x74656D70


def make_template() -> str:
    """The name of a database as the migrations leave it. To be called with the owner's login."""
    name = _PREFIX + _digest()
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        known = [row[0] for row in server.execute("SELECT datname FROM pg_database")]
        if name not in known:
            # An older one is of no use to anybody, half of one neither.
            for old in known:
                if old.startswith(_PREFIX):
                    _run(server, "DROP DATABASE {}", old)
            begun = name + "_begun"
            _run(server, "CREATE DATABASE {}", begun)
            with _connected_to(begun):
                call_command("migrate", verbosity=0)
            _run(server, "ALTER DATABASE {} RENAME TO {}", begun, name)
    return name


def copy_template(name: str) -> dict[str, str]:
    """A database of this name, anew; the addresses under which a deployment finds it."""
    name = f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    template = make_template()
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])  # nobody else may copy meanwhile
        _run(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        _run(server, "CREATE DATABASE {} TEMPLATE {}", name, template)
    addresses = ("DATABASE_URL", "DATABASE_OWNER_URL")
    return {key: urlsplit(getattr(settings, key))._replace(path=name).geturl() for key in addresses}


def _digest() -> str:
    """Changes with every migration, ours or a package's."""
    folder = settings.BASE_DIR
    files = [folder / "requirements.txt", *sorted(Path(folder).glob("*/migrations/*.py"))]
    found = hashlib.sha256()
    for file in files:
        found.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return found.hexdigest()[:16]


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    own = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = own


def _run(server: Connection[Any], statement: str, *names: str) -> None:
    identifiers = [sql.Identifier(name) for name in names]
    server.execute(sql.SQL(statement).format(*identifiers))  # type: ignore[arg-type]
