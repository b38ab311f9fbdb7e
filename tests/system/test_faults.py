"""A short storm of every kind of fault; `make faults` is the long one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.services import BASE_DIR

pytestmark = pytest.mark.slow

SECONDS = 50


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict:
    file: Path = tmp_path_factory.mktemp("faults") / "report.json"
    command = [sys.executable, "-m", "faults", "--seconds", str(SECONDS), "--json", str(file)]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, timeout=900)
    print(done.stdout)
    assert file.exists(), done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(file.read_text())


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
