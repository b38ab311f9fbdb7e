"""A back-up of a running house comes back whole, elsewhere, and nothing less is accepted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.services import BASE_DIR
from tests.system.deployment import Deployment, Sink, until

pytestmark = pytest.mark.slow
WORDS = "The kettle sings in the key of C."


@pytest.fixture(scope="module")
def ticket(running: Deployment) -> dict:
    """A request with an answer that has left, in a house that has run for a while: its
    transactions have numbers which an empty server reaches only if it is made to."""
    running.query(
        "DO $$ BEGIN FOR i IN 1..30000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
    )
    customer = {"name": "Carol Ashworth", "email": "carol@backup.example"}
    made = {
        "subject": "A singing kettle",
        "body": WORDS,
        "customer": customer,
        "inbox": running.inboxes["rush@demo.test"],
    }
    ticket = running.api().post("/tickets/", made).body
    running.api().post(f"/tickets/{ticket['id']}/replies/", {"body": "Let it sing."})
    return ticket


@pytest.fixture(scope="module")
def backup(running: Deployment, ticket: dict) -> Path:
    folder = running.home / "backup"
    said = running.manage("backup", str(folder))
    assert "The back-up is in" in said
    return folder


def restore(house: Deployment, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(BASE_DIR / "manage.py"), "restore", str(folder), *options]
    return subprocess.run(
        command, env=house.variables, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def elsewhere(sink: Sink) -> Deployment:
    house = Deployment(smtp_url=sink.url)
    yield house
    shutil.rmtree(house.home, ignore_errors=True)


def keyring_of(running: Deployment) -> Path:
    return running.data_dir / "keys" / "keyring.json"


def test_it_holds_no_key_and_keeps_data_keys_apart(running: Deployment, backup: Path) -> None:
    names = {path.name for path in backup.rglob("*") if path.is_file()}
    assert names >= {"manifest.json", "database.dump", "datakeys.dump", "checkpoints.jsonl"}
    ring = json.loads(keyring_of(running).read_text())
    secrets = [*ring["keks"].values(), ring["audit_mac"], ring["token_root"]]
    content = b"".join(path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert not [secret for secret in secrets if secret.encode() in content]
    assert WORDS.encode() not in content
    assert (backup.stat().st_mode & 0o077) == 0


def test_it_comes_back_in_an_empty_house(
    running: Deployment, elsewhere: Deployment, backup: Path, ticket: dict
) -> None:
    done = restore(elsewhere, backup, "--keyring", str(keyring_of(running)))
    assert done.returncode == 0, done.stderr
    assert "history: intact" in done.stdout and "search is rebuilt" in done.stdout

    elsewhere.start()
    try:
        elsewhere.tokens, elsewhere.inboxes = running.tokens, running.inboxes
        said = elsewhere.api().get(f"/tickets/{ticket['id']}/messages/")["results"]
        assert [one["body"] for one in said] == [WORDS, "Let it sing."]
        found = elsewhere.api().get("/tickets/", q="singing")["results"]
        # Another test may have written of singing, too.
        assert ticket["id"] in [one["id"] for one in found]
        # What happens from now on is read in order and sealed, behind what came back.
        elsewhere.api().post(f"/tickets/{ticket['id']}/notes/", {"body": "We moved."})
        until(
            lambda: (
                not elsewhere.count(
                    "core_event e",
                    "NOT EXISTS (SELECT FROM core_auditseal s WHERE s.event_id = e.id)",
                )
            ),
            "new events are sealed",
            seconds=30,
        )
        assert "intact" in elsewhere.manage("verify_audit")
    finally:
        elsewhere.stop()


@pytest.mark.parametrize("damage", ["database.dump", "manifest.json", "missing", "stranger"])
def test_a_damaged_one_is_refused_before_anything_is_changed(
    running: Deployment, elsewhere: Deployment, backup: Path, tmp_path: Path, damage: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(backup, copy)
    if damage == "missing":
        (copy / "datakeys.dump").unlink()
    elif damage == "stranger":
        (copy / "more.txt").write_text("x")
    else:
        content = bytearray((copy / damage).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / damage).write_bytes(content)
    done = restore(elsewhere, copy, "--keyring", str(keyring_of(running)))
    assert done.returncode != 0
    assert any(word in done.stderr for word in ("altered", "damaged", "missing", "belong"))


def test_without_its_key_ring_it_is_refused(elsewhere: Deployment, backup: Path) -> None:
    done = restore(elsewhere, backup)
    assert done.returncode != 0 and "--keyring" in done.stderr


def test_a_running_house_is_not_restored_into(running: Deployment, backup: Path) -> None:
    done = restore(running, backup)
    assert done.returncode != 0 and "is running" in done.stderr
    done = restore(running, backup, "--here")
    assert done.returncode != 0 and "not empty" in done.stderr


def test_the_drill_proves_it_and_leaves_nothing_behind(running: Deployment, ticket: dict) -> None:
    said = running.manage("backup", "--drill")
    assert "history: intact" in said and "The drill succeeded" in said
    assert "Opened" in said
