"""The key ring: never lost, never half written, never readable by others, never printed."""

import base64
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from core import keyring
from core.keyring import KeyringError


@pytest.fixture
def ring_file(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(keyring.COMMAND_VARIABLE, raising=False)
    settings.KEYRING_FILE = tmp_path / "keys" / "keyring.json"
    return settings.KEYRING_FILE


def change_file(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_new_ring_can_be_read_back(ring_file: Path) -> None:
    made = keyring.create(ring_file)
    assert keyring.load() == made
    assert made.kek(made.active_kek) and made.index_root(made.active_index)
    secrets = {made.kek(1), made.index_root(1), made.token_root, made.audit_sign, made.audit_mac}
    assert {len(secret) for secret in secrets} == {32}
    assert len(secrets) == 5


def test_only_its_owner_may_read_the_file_and_its_folder(ring_file: Path) -> None:
    keyring.create(ring_file)
    assert ring_file.stat().st_mode & 0o777 == 0o600
    assert ring_file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in ring_file.parent.glob("*.json*")] == ["keyring.json"]


def test_an_existing_ring_is_never_overwritten(ring_file: Path) -> None:
    made = keyring.create(ring_file)
    with pytest.raises(KeyringError, match="already"):
        keyring.create(ring_file)
    assert keyring.load() == made


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_ring_open_to_others_is_refused(ring_file: Path, mode: int) -> None:
    keyring.create(ring_file)
    ring_file.chmod(mode)
    with pytest.raises(KeyringError, match="chmod 600"):
        keyring._read_file(ring_file)


def test_a_missing_ring_says_how_to_get_one(ring_file: Path) -> None:
    with pytest.raises(KeyringError, match="keys init"):
        keyring.load()


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"keks": {}},
        {"keks": {"1": "c2hvcnQ="}},
        {"keks": {"1": "not base64!"}},
        {"keks": ["x"]},
        {"active_kek": 9},
        {"active_index": 9},
        {"token_root": None},
        {"audit_mac": base64.b64encode(b"k" * 31).decode()},
    ],
    ids=lambda changes: str(next(iter(changes.items()))),
)
def test_a_damaged_ring_is_refused_without_showing_keys(ring_file: Path, changes: dict) -> None:
    keyring.create(ring_file)
    key = json.loads(ring_file.read_text())["token_root"]
    change_file(ring_file, **changes)
    with pytest.raises(KeyringError) as refusal:
        keyring.load()
    assert key not in str(refusal.value)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_a_half_written_ring_is_refused(ring_file: Path) -> None:
    keyring.create(ring_file)
    ring_file.write_text(ring_file.read_text()[:100])
    with pytest.raises(KeyringError, match="damaged"):
        keyring.load()


def test_a_running_process_follows_a_change(ring_file: Path) -> None:
    keyring.create(ring_file)
    assert keyring.load().active_kek == 1
    keyring.add_kek(ring_file)
    assert keyring.load().active_kek == 2


def test_a_key_may_be_added_before_it_is_used(ring_file: Path) -> None:
    keyring.create(ring_file)
    assert keyring.add_kek(ring_file, activate=False) == 2
    assert keyring.load().active_kek == 1
    keyring.activate_kek(ring_file, number=2)
    assert keyring.load().active_kek == 2


def test_the_number_of_a_retired_key_never_comes_again(ring_file: Path) -> None:
    keyring.create(ring_file)
    keyring.add_kek(ring_file)
    keyring.retire_kek(ring_file, number=1)
    assert keyring.add_kek(ring_file, activate=False) == 3
    with pytest.raises(KeyringError, match="newest"):
        keyring.retire_kek(ring_file, number=3)
    with pytest.raises(KeyringError, match="active"):
        keyring.retire_kek(ring_file, number=2)
    assert sorted(keyring.load().keks) == [2, 3]


def test_changes_at_the_same_time_are_all_kept(ring_file: Path) -> None:
    keyring.create(ring_file)
    threads = [threading.Thread(target=keyring.add_kek, args=[ring_file]) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(keyring.load().keks) == list(range(1, 14))


def test_a_failed_write_leaves_the_old_ring(
    ring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keyring.create(ring_file)

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        keyring.add_kek(ring_file)
    assert keyring.load() == made
    assert sorted(path.name for path in ring_file.parent.iterdir()) == [
        "keyring.json",
        "keyring.lock",
    ]


def test_a_ring_shows_no_key_when_printed(ring_file: Path) -> None:
    assert repr(keyring.create(ring_file)) == "Keyring(active_kek=1, active_index=1)"


def test_a_command_can_provide_the_ring(ring_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = keyring.create(ring_file)
    kept = ring_file.rename(ring_file.with_name("elsewhere"))
    program = "import sys; sys.stdout.write(open(sys.argv[1]).read())"
    monkeypatch.setenv(keyring.COMMAND_VARIABLE, f"{sys.executable} -c '{program}' {kept}")
    assert keyring.load() == made
    kept.unlink()
    assert keyring.load() == made, "it is asked once, not for every value"
    with pytest.raises(KeyringError, match="at its source"):
        keyring.add_kek(ring_file)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("{python} -c 'print(\"s3cret\"); raise SystemExit(4)'", "exit code 4"),
        ("{python} -c 'print(\"s3cret\")'", "damaged"),
        ("/nowhere/s3cret", "FileNotFoundError"),
    ],
)
def test_a_failing_command_is_refused_without_showing_its_output(
    ring_file: Path, monkeypatch: pytest.MonkeyPatch, command: str, reason: str
) -> None:
    monkeypatch.setenv(keyring.COMMAND_VARIABLE, command.format(python=sys.executable))
    with pytest.raises(KeyringError, match=reason) as refusal:
        keyring.load()
    assert "s3cret" not in str(refusal.value)
