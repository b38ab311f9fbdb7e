"""A word of its own goes in by every door; none of them lies anywhere in clear.

Each surface gets words that exist nowhere else, so that a find says where it came from.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.system.canaries import (
    CANARIES,
    CONTROL,
    SEED,
    SURFACES,
    call_api,
    plant_by_hand,
    send_mails,
    use_pages,
    word,
)
from tests.system.deployment import Deployment, Sink, until
from tests.system.leaks import (
    dump_database,
    find_clear,
    inflate,
    join,
    read_files,
    read_valkey,
)

pytestmark = pytest.mark.slow


@contextmanager
def overheard(url: str) -> Iterator[list[bytes]]:
    """All that anybody says to Valkey meanwhile."""
    heard: list[bytes] = []
    client = redis.Redis.from_url(url, socket_timeout=1)
    is_over = threading.Event()

    def listen() -> None:
        connection = client.connection_pool.get_connection()
        connection.send_command("MONITOR")
        while not is_over.is_set():
            with suppress(redis.TimeoutError):
                answer = connection.read_response(disable_decoding=True, disconnect_on_error=False)
                heard.append(answer)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield heard
    finally:
        is_over.set()
        listener.join(timeout=5)


@pytest.fixture(scope="module")
def visited(sink: Sink) -> Iterator[dict[str, Any]]:
    running = Deployment(smtp_url=sink.url)
    temporary = running.home / "temporary"
    temporary.mkdir()
    temporary.chmod(0o777)
    running.variables["TMPDIR"] = str(temporary)
    try:
        running.start()
        running.tokens = running.call("furnish")
        running.inboxes = running.call("inbox_ids")
        url = running.services()["REDIS_URL"]
        with overheard(url) as heard:
            send_mails(running)
            until(lambda: running.count("tickets_ticket") >= 2, "the mails read", seconds=60)
            call_api(running)
            use_pages(running)
            plant_by_hand(running)
            break_something(running)
            until(lambda: len(sink.find(word("reply"))) == 1, "the reply sent", seconds=60)
            running.wait_idle(seconds=60)
        yield {"running": running, "places": gather(running, temporary, heard)}
    finally:
        running.stop()


def break_something(running: Deployment) -> None:
    """Failures write logs: a damaged subject is asked for, by page, API and worker."""
    found = running.api().get("/tickets/", q=word("API subject"))["results"][0]["id"]
    table = f"UPDATE tickets_ticket SET subject = %s WHERE id = '{found}'"
    kept = running.query(f"SELECT encode(subject, 'hex') FROM tickets_ticket WHERE id = '{found}'")
    running.query(table % f"'\\x{kept[0][0][:-2]}00'::bytea")
    assert running.api().call("GET", f"/tickets/{found}/").status == 500
    running.api().call("GET", "/tickets/")
    running.query(table % f"'\\x{kept[0][0]}'::bytea")
    statement = f"SELECT '{word('API body')}'::int"
    with suppress(Exception):
        running.query(statement.replace(word("API body"), "x"))


def gather(running: Deployment, temporary: Path, heard: list[bytes]) -> dict[str, bytes]:
    running.manage("seal_audit")
    running.query("CHECKPOINT")
    url = running.services()["REDIS_URL"]
    with redis.Redis.from_url(url) as client:
        # What a snapshot would hold, whether it may write one or not.
        dumps = [client.dump(key) or b"" for key in client.scan_iter()]
    cluster = running.data_dir / "postgres"
    dump = dump_database(running)
    places = {
        "dump": dump + inflate(dump),
        "WAL": join(read_files(cluster / "pg_wal")),
        "data files": join(
            (name, content)
            for child in sorted(cluster.iterdir())
            if child.name != "pg_wal"
            for name, content in (
                read_files(child) if child.is_dir() else [(str(child), child.read_bytes())]
            )
        ),
        "Valkey": b"\n".join([*read_valkey(url), *dumps]),
        "said to Valkey": b"\n".join(map(bytes, heard)),
        "what `up` says": "\n".join(running.lines).encode(),
        "temporary files": join(read_files(temporary)),
    }
    for child in sorted(running.data_dir.iterdir()):
        if child != cluster:
            places[f"{child.name}/"] = (
                join(read_files(child)) if child.is_dir() else child.read_bytes()
            )
    for table in ("django_session", "core_idempotencykey", "django_admin_log", "core_cache"):
        rows = str(running.query(f"SELECT * FROM {table}")).encode()
        places[f"table {table}"] = rows + inflate(rows)
    return places


def all_words() -> dict[str, str]:
    return {text: surface for surface, texts in CANARIES.items() for text in texts}


def test_no_canary_lies_anywhere_in_clear(visited: dict[str, Any]) -> None:
    known = all_words()
    leaks = []
    for place, text in visited["places"].items():
        found = find_clear(text, known)
        leaks += [f"{place}: {known[hit.split(' ')[0]]} as {hit}" for hit in found]
    sizes = {place: f"{len(text) / 1e6:.1f} MB" for place, text in visited["places"].items()}
    print(f"\nseed {SEED}: {len(SURFACES)} surfaces, {len(known)} canaries in {len(sizes)} places:")
    print(f"{sizes}\n{len(leaks)} in clear")
    assert leaks == []


def test_the_search_would_have_found_them(visited: dict[str, Any]) -> None:
    places = visited["places"]
    for place in ("dump", "data files", "WAL"):
        assert find_clear(places[place], [CONTROL]), place
    assert b"core.tasks.drain" in places["said to Valkey"]
    assert b"accepted" in places["logs/"]
    assert b"DecryptionError" in places["logs/"], "Something did fail and was logged."
    assert places["table django_session"] and b"_auth_user_id" in places["table django_session"]


def test_what_was_said_is_there_for_those_who_may_read_it(visited: dict[str, Any]) -> None:
    """Or nothing would have been looked for."""
    running = visited["running"]
    messages = str(running.call("list_said", "support@demo.test"))
    arrived = [s for s in ("text", "API body", "note", "reply", "page note") if word(s) in messages]
    assert arrived == ["text", "API body", "note", "reply", "page note"]
    for surface in ("subject", "text", "display name"):
        assert running.api().get("/tickets/", q=word(surface))["results"], surface
