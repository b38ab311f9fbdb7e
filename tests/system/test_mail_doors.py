"""Every real mail we have and every bomb, through the doors of the running system."""

import re
from collections import Counter

import pytest

from connectors.mail.limits import MAX_MEMORY, MAX_RAW_BYTES
from connectors.mail.parse import parse
from helpdesk.services import BASE_DIR
from tests.connectors.mail_bombs import BOMBS
from tests.system.deployment import Deployment, demand, until

pytestmark = pytest.mark.slow

CORPUS = BASE_DIR.parent / "shared" / "data" / "mail"
READ = re.compile(r"read ([0-9a-f-]{36}): (\d+) ms CPU, (\d+) MB")
CPU_MILLISECONDS = 5000


@pytest.fixture(scope="module")
def mails() -> dict[str, bytes]:
    demand(CORPUS.is_dir(), "The real mails (shared/data/mail) are not here.")
    files = {f"{path.parent.name}/{path.name}": path for path in sorted(CORPUS.glob("*/*.eml"))}
    return {name: path.read_bytes() for name, path in files.items()} | {
        name: make() for name, make in BOMBS.items()
    }


@pytest.fixture(scope="module")
def answers(running: Deployment, mails: dict[str, bytes]) -> dict[str, tuple[int, str]]:
    said = {name: running.send_mail(raw) for name, raw in mails.items()}
    settle(running)
    return said


def settle(running: Deployment) -> None:
    def all_read() -> bool:
        return not running.count("connectors_rawdelivery", "state = 'received'")

    until(all_read, "every mail read", seconds=180, pause=0.2)
    running.wait_idle(seconds=120)


def test_each_is_a_message_or_in_quarantine_or_refused(
    running: Deployment, mails: dict[str, bytes], answers: dict[str, tuple[int, str]]
) -> None:
    assert sum(name.endswith(".eml") for name in mails) == 151
    rows, ends, found = running.deliveries(), Counter(), {}
    for name, (code, words) in answers.items():
        if code != 250:
            assert 500 <= code < 600, (name, code, words)
            assert len(mails[name]) > MAX_RAW_BYTES * 0.9, (name, words)
            ends["refused"] += 1
            continue
        row = found[name] = rows[words.rpartition(" ")[2]]
        assert row["state"] in ("applied", "quarantined", "dismissed"), (name, row)
        assert bool(row["message"]) == (row["state"] == "applied"), (name, row)
        assert row["message"] or row["reason"], (name, row)
        ends[row["state"]] += 1
    print("\n", dict(ends), f"of {len(answers)}")

    by_message = Counter(row["message"] for row in found.values() if row["message"])
    shared = {row["message"] for row in found.values() if by_message[row["message"]] > 1}
    for message in shared:
        same = [name for name, row in found.items() if row["message"] == message]
        # Two files may be the same mail: same id, same words.
        read = [parse(mails[name]) for name in same]
        assert len({(mail.external_id, mail.text.strip()) for mail in read}) == 1, same


def test_none_takes_more_than_the_reader_may(
    running: Deployment, answers: dict[str, tuple[int, str]]
) -> None:
    # Two files that are the same mail, line ends apart, are one delivery.
    names = {words.rpartition(" ")[2]: name for name, (code, words) in answers.items()}
    accepted = {words.rpartition(" ")[2] for code, words in answers.values() if code == 250}
    taken = [
        (int(cpu), int(memory), names[pk])
        for pk, cpu, memory in READ.findall(whole_log(running))
        if pk in accepted
    ]

    assert {name for _, _, name in taken} == {names[pk] for pk in accepted}
    print(f"\n worst CPU: {max(taken)}\n worst memory: {max(taken, key=lambda row: row[1])}")
    assert max(cpu for cpu, _, _ in taken) <= CPU_MILLISECONDS
    assert max(memory for _, memory, _ in taken) <= MAX_MEMORY // 1024 // 1024


def whole_log(running: Deployment) -> str:
    """With the part that was put aside when the file was full."""
    path = running.data_dir / "logs" / "worker.log.1"
    return (path.read_text() if path.exists() else "") + running.log("worker")


def test_all_of_them_again_add_nothing(
    running: Deployment, mails: dict[str, bytes], answers: dict[str, tuple[int, str]]
) -> None:
    before = running.mail_rows()

    again = {name: running.send_mail(raw) for name, raw in mails.items()}

    assert again == answers
    settle(running)
    assert running.mail_rows() == before


def test_the_worker_outlived_them_all(running: Deployment, answers: object) -> None:
    assert "WorkerLostError" not in running.log("worker")
    code, words = running.send_mail(
        b"From: carol@example.org\nMessage-ID: <after@example.org>\n\nStill there?"
    )
    settle(running)

    assert code == 250
    assert running.deliveries()[words.rpartition(" ")[2]]["state"] == "applied"
