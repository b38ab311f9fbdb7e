"""How many statements and commits a request costs; the tests assert the same counts."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.test import Client

from core.crypto import data_keys

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH .*\b(INSERT|UPDATE|DELETE)\b)", re.S | re.I)
_FRAME = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)", re.I)


@dataclass(slots=True)
class Count:
    statements: list[str] = field(default_factory=list)
    commits: int = 0


@contextmanager
def counting() -> Iterator[Count]:
    """Savepoints are no statements of ours; a write outside a transaction is its own commit."""
    count = Count()

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not _FRAME.match(sql):
            count.statements.append(sql)
            if connection.get_autocommit() and _WRITES.match(sql):
                count.commits += 1
        return execute(sql, params, many, context)

    def note_commit() -> None:
        count.commits += 1
        commit()

    wrapped: Any = connection
    commit = wrapped._commit
    wrapped._commit = note_commit
    try:
        with connection.execute_wrapper(note):
            yield count
    finally:
        wrapped._commit = commit


def counted(
    method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
) -> dict[str, int]:
    """With no data key known, as after a start; a first request has loaded all else."""
    client = Client(headers=headers)
    if method == "GET":
        client.get(path)
    data_keys.forget()
    with counting() as count:
        answer = client.generic(method, path, body or "", content_type="application/json")
    if answer.status_code not in (200, 201):
        raise RuntimeError(
            f"{path}: {answer.status_code} {json.dumps(answer.content.decode()[:300])}"
        )
    return {
        "statements": len(count.statements),
        "commits": count.commits,
        "bytes": len(answer.content),
    }
