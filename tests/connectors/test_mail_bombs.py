"""A51 to A57: what is made to break its reader ends as a message or a refusal with a reason.

The reader's process enforces 4 seconds of CPU and 256 MB by itself; here it is seen to live by
them, and the ones a direct reader dies of are seen to be stopped by them.
"""

import os
import signal
import time

import psutil
import pytest

from connectors.errors import ParserBug, Unreadable
from connectors.mail import html, sandbox, text
from connectors.mail.limits import MAX_MEMORY
from connectors.messages import InboundMessage
from tests.connectors.mail_bombs import BOMBS, mail

pytestmark = pytest.mark.slow

CPU_SECONDS = 5.0


def read(raw):
    """What came of it: the message or the refusal, and what it took."""
    try:
        return sandbox.read(raw)
    except Unreadable as refusal:
        return refusal, sandbox.last_usage()


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_as_a_message_or_with_a_reason(bomb):
    raw = BOMBS[bomb]()

    outcome, usage = read(raw)

    assert isinstance(outcome, InboundMessage) or outcome.reason
    assert usage.cpu_seconds <= CPU_SECONDS
    assert usage.memory <= MAX_MEMORY
    if isinstance(outcome, InboundMessage):
        html.sanitise(outcome.html)
        text.fold_quotes(outcome.text)


@pytest.fixture
def hostile_parser(monkeypatch):
    """The same process with a parser that runs the code when the subject says so."""

    def with_hole(code):
        monkeypatch.setattr(sandbox, "PROGRAM", "tests.connectors.holed_zygote")
        monkeypatch.setitem(sandbox.ENVIRONMENT, "HOLE", code)
        sandbox.stop()

    yield with_hole
    sandbox.stop()


HOLES = {
    "endless-loop": ("while True: pass", "takes too long"),
    "memory": ("data = [bytes(1000) for _ in range(10**7)]", "more than 256 MB"),
    "one-allocation": ("data = bytearray(10**9)", "more than 256 MB"),
    "crash": ("import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
    "deep": ("f = lambda n: f(n + 1); f(0)", "nests something too deeply"),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_reader_with_a_hole_is_stopped_and_the_next_mail_is_read(hole, hostile_parser):
    code, reason = HOLES[hole]
    hostile_parser(code)

    with pytest.raises(Unreadable, match=reason):
        sandbox.read(mail(Subject=b"HOLE"))

    assert sandbox.last_usage().cpu_seconds <= CPU_SECONDS
    assert sandbox.last_usage().memory <= MAX_MEMORY
    assert sandbox.read(mail())[0].subject == "Lamp"


def test_a_reader_with_a_hole_writes_no_file(hostile_parser, tmp_path):
    hostile_parser(f"__import__('pathlib').Path({str(tmp_path / 'file')!r}).write_text('x')")

    with pytest.raises(ParserBug, match="OSError"):
        sandbox.read(mail(Subject=b"HOLE"))

    assert not (tmp_path / "file").read_bytes()


def test_a_bug_of_ours_is_told_from_a_hostile_mail(hostile_parser):
    hostile_parser("1 / 0")

    with pytest.raises(ParserBug, match="ZeroDivisionError"):
        sandbox.read(mail(Subject=b"HOLE"))


def test_a_killed_zygote_is_replaced():
    sandbox.read(mail())
    os.kill(sandbox.zygote_pid(), signal.SIGKILL)

    assert sandbox.read(mail())[0].subject == "Lamp"


def test_a_forked_copy_of_ours_has_a_zygote_of_its_own():
    """As the worker's processes do; the parent's goes on undisturbed."""
    sandbox.read(mail())
    before = sandbox.zygote_pid()
    pid = os.fork()
    if pid == 0:
        is_right = sandbox.read(mail())[0].subject == "Lamp" and sandbox.zygote_pid() != before
        os._exit(0 if is_right else 1)

    assert os.waitpid(pid, 0)[1] == 0
    assert sandbox.read(mail())[0].subject == "Lamp"
    assert sandbox.zygote_pid() == before


def test_it_ends_with_whoever_started_it():
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        sandbox.read(mail())
        os.write(writing, str(sandbox.zygote_pid()).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    orphan = int(os.read(reading, 20))

    deadline = time.monotonic() + 10
    while psutil.pid_exists(orphan) and psutil.Process(orphan).status() != "zombie":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_holds_no_secret_and_no_connection():
    sandbox.read(mail())
    process = psutil.Process(sandbox.zygote_pid())

    assert not {"DATABASE_URL", "SECRET_KEY", "REDIS_URL"} & set(process.environ())
    assert not [c for c in process.net_connections() if c.status == "ESTABLISHED"]
    assert process.num_threads() == 1
