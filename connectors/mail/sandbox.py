"""Our side of the parser's process: whatever a mail does to it, the worker lives on."""

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import ParserBug, Unreadable, ZygoteLost
from connectors.mail import wire
from connectors.mail.limits import MAX_MEMORY, MAX_SECONDS, check_size
from connectors.messages import InboundMessage

log = logging.getLogger("helpdesk.mail")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "connectors.mail.zygote"
# No secret of ours is in it.
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
START_SECONDS = 30
# Longer than its own limit, so that it is the one to end itself.
WAIT_SECONDS = MAX_SECONDS + 5


@dataclass(frozen=True, slots=True)
class Usage:
    """What reading one mail took."""

    cpu_seconds: float
    memory: int

    def __str__(self) -> str:
        return f"{self.cpu_seconds * 1000:.0f} ms CPU, {self.memory / 1024 / 1024:.0f} MB"


class _Zygote:
    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(START_SECONDS)
        self.owner = os.getpid()
        self.control = ours
        numbers = [str(theirs.fileno()), str(os.getpid())]
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603  our own program
                [sys.executable, "-m", PROGRAM, *numbers],
                env=ENVIRONMENT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd="/",
            )
        if ours.recv(1) != b"!":
            raise ZygoteLost
        ours.settimeout(WAIT_SECONDS)

    def run(self, request: wire.Plain, raw: bytes) -> tuple[wire.Plain, list[bytes], int, Usage]:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self.control, [b"?"], [theirs.fileno()])
            ours.settimeout(WAIT_SECONDS)
            answer, files = _converse(ours, request, raw)
        report = b""
        while len(report) < wire.REPORT.size:
            piece = self.control.recv(wire.REPORT.size - len(report))
            if not piece:
                raise ZygoteLost
            report += piece
        status, cpu_seconds, memory = wire.REPORT.unpack(report)
        return answer, files, status, Usage(cpu_seconds, memory)

    def close(self) -> None:
        """It ends itself when this end is closed; killed in case it hangs."""
        self.control.close()
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()


def _converse(
    ours: socket.socket, request: wire.Plain, raw: bytes
) -> tuple[wire.Plain, list[bytes]]:
    """The answer; an empty one when it died over it, which its wait status explains."""
    try:
        wire.write(ours, request, [raw])
        with ours.makefile("rb") as incoming:
            return wire.read(incoming)
    except (wire.Garbled, ValueError, BrokenPipeError, ConnectionResetError):
        return {}, []


_lock = threading.Lock()
_current: _Zygote | None = None
_latest = Usage(0.0, 0)


def last_usage() -> Usage:
    """Of the mail read last, also when it ended in a refusal."""
    return _latest


def zygote_pid() -> int | None:
    return _current.process.pid if _current else None


def _forget() -> None:
    """In a forked copy of this process: the zygote is the parent's, and so is a held lock."""
    global _current, _lock
    if _current:
        _current.close()
    _current, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def _run(request: wire.Plain, raw: bytes) -> tuple[wire.Plain, list[bytes], Usage]:
    """Once more if the zygote was lost, or something killed its copy from outside."""
    global _latest
    with _lock:
        try:
            answer, files, status, usage = _try(request, raw)
            lost = not answer and _was_killed_from_outside(status)
        except (ZygoteLost, OSError):
            # OSError: a closed socket, or no answer within its time.
            lost = True
        if lost:
            answer, files, status, usage = _try(request, raw)
    _latest = usage
    _explain_death(answer, status)
    return answer, files, usage


def _try(request: wire.Plain, raw: bytes) -> tuple[wire.Plain, list[bytes], int, Usage]:
    global _current
    _current = _current or _Zygote()
    try:
        return _current.run(request, raw)
    except BaseException:
        # Whatever interrupted the conversation, its rest must not be taken for the next answer.
        _current.close()
        _current = None
        raise


def _was_killed_from_outside(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGTERM)


def _explain_death(answer: wire.Plain, status: int) -> None:
    if answer:
        if reason := answer.get("unreadable"):
            raise Unreadable(str(reason))
        if place := answer.get("bug"):
            raise ParserBug(str(place))
        return
    code = os.waitstatus_to_exitcode(status)
    if code == wire.OUT_OF_MEMORY:
        raise Unreadable(f"Reading the mail takes more than {MAX_MEMORY // 1024 // 1024} MB.")
    if code in (-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGALRM):
        raise Unreadable("Reading the mail takes too long.")
    name = signal.Signals(-code).name if code < 0 else f"status {code}"
    raise Unreadable(f"The mail ended the program that reads it ({name}).")


def read(
    raw: bytes, *, own_addresses: Collection[str] = (), envelope_sender: str | None = None
) -> tuple[InboundMessage, Usage]:
    """`parse.parse`, bounded. Raises `Unreadable`, or `ParserBug` for what is our fault."""
    check_size(raw)
    request = {
        "task": "read",
        "own_addresses": sorted(own_addresses),
        "envelope_sender": envelope_sender,
    }
    plain, files, usage = _run(request, raw)
    try:
        return wire.unpack(plain, files), usage
    except (KeyError, TypeError, ValueError) as error:
        raise ParserBug(f"The answer cannot be read: {type(error).__name__}") from None


def verify_signatures(raw: bytes, keys: Mapping[str, str]) -> list[str]:
    """`signatures.verify`, bounded. Raises like `read`."""
    plain, _, _ = _run({"task": "verify", "keys": dict(keys)}, raw)
    return [str(result) for result in plain["signatures"]]


def stop() -> None:
    """Ends the zygote at once; the next mail starts another."""
    global _current
    with _lock, contextlib.suppress(OSError):
        if _current:
            _current.close()
        _current = None
