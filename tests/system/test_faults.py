"""A short storm of every kind of fault, and short runs of chat, webhooks and surveys; `make faults`
has the long ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.services import BASE_DIR

pytestmark = pytest.mark.slow

SECONDS = 50


def run_faults(folder: Path, *arguments: str) -> dict:
    file = folder / "report.json"
    command = [sys.executable, "-m", "faults", "--json", str(file), *arguments]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=900)
    print(done.stdout)
    assert file.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(file.read_text())


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("faults")
    return run_faults(folder, "--part", "storm", "--seconds", str(SECONDS))


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("chat")
    size = ("--visitors", "24", "--agents", "3", "--chat-seconds", "30")
    return run_faults(folder, "--part", "chat", *size)["chat"]


@pytest.fixture(scope="module")
def webhooks(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("webhooks")
    size = ("--endpoints", "12", "--webhook-seconds", "50")
    return run_faults(folder, "--part", "webhooks", *size)["webhooks"]


@pytest.fixture(scope="module")
def surveys(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("surveys")
    size = ("--cases", "60", "--survey-seconds", "50")
    return run_faults(folder, "--part", "surveys", *size)["surveys"]


def test_the_storm_was_one(report: dict) -> None:
    assert report["counts"]["kills"] >= 8
    assert report["counts"]["acknowledged"] >= 100
    for kind in ("kill postgres", "kill valkey", "kill worker", "kill mail", "flush valkey"):
        assert report["faults"][kind]["struck"], kind


def test_nothing_is_lost_invented_or_doubled(report: dict) -> None:
    assert {name: report["counts"][name] for name in ("lost", "unexpected", "duplicated")} == {
        "lost": 0,
        "unexpected": 0,
        "duplicated": 0,
    }


def test_the_naive_cursor_is_caught_and_the_careful_one_is_not(report: dict) -> None:
    assert report["feeds"]["naive_lost"] > 0
    assert report["feeds"]["careful_lost"] == 0
    assert report["feeds"]["feed_lost"] == 0


def test_all_else_holds_too(report: dict) -> None:
    # How much gets through depends on what else the machine does.
    broken = {
        name: verdict["against"]
        for name, verdict in report["verdicts"].items()
        if not verdict["holds"] and name != "volume"
    }
    assert broken == {}


def test_in_the_chat_every_kind_of_line_broke(chat: dict) -> None:
    for kind in ("cut chat", "hole chat", "freeze chat", "kill web-1", "kill web-2"):
        assert chat["resumes"][kind]["broken"], kind
    assert any(blow["kind"].startswith("down valkey") and blow["kills"] for blow in chat["blows"])
    assert chat["said"]["visitor"]["acknowledged"] >= 24
    assert chat["said"]["answer"]["acknowledged"] >= 10


def test_in_the_chat_nothing_is_lost_doubled_or_shown_to_others(chat: dict) -> None:
    assert chat["counts"] == {"lost": 0, "duplicated": 0, "foreign": 0}


def test_everybody_in_the_chat_has_what_the_database_has(chat: dict) -> None:
    # How long it took depends on what else the machine does.
    broken = {
        name: verdict["against"]
        for name, verdict in chat["verdicts"].items()
        if not verdict["holds"] and not verdict["is_timed"]
    }
    assert broken == {}


def test_webhooks_were_killed_cut_off_and_refused(webhooks: dict) -> None:
    assert sum(blow["kills"] for blow in webhooks["blows"]) >= 4
    for kind in ("cut", "refused", "hung"):
        assert webhooks["kinds"].get(kind), kind


def test_everybody_is_told_of_everything_in_its_order_under_one_id(webhooks: dict) -> None:
    # How much longer the others wait beside a dead one depends on what else the machine does.
    broken = {
        name: verdict["against"]
        for name, verdict in webhooks["verdicts"].items()
        if not verdict["holds"] and not verdict["is_timed"]
    }
    assert broken == {}


def test_while_customers_were_asked_senders_were_killed(surveys: dict) -> None:
    struck = {blow["kind"] for blow in surveys["blows"] if not blow["skipped"]}
    assert {"catch survey's sender", "refuse mails", "another rubric"} <= struck
    assert surveys["counts"]["answers"] >= 10
    assert surveys["counts"]["again"] >= 5


def test_everybody_is_asked_once_or_has_a_reason_and_no_answer_is_lost(surveys: dict) -> None:
    # How much gets through depends on what else the machine does.
    broken = {
        name: verdict["against"]
        for name, verdict in surveys["verdicts"].items()
        if not verdict["holds"] and name != "volume"
    }
    assert broken == {}
