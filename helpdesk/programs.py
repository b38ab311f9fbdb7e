"""Child processes that end with their parent, however it ends."""

import contextlib
import io
import os
import pwd
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from setproctitle import getproctitle, setproctitle

from core.errors import HelpdeskError
from core.processes import tie_to as tie_to

# What a program prints when it is at work, for those where no door tells it.
READY_LINE = "READY to work"
# Finds its place in memory at the first call, and only while the environment is untouched.
getproctitle()


class CannotStart(HelpdeskError):
    """Something outside the program keeps it from starting; the reason is one sentence."""

    code = "cannot_start"
    status = 503


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """Either a command (``argv``), or a function of ours (``entry``).

    A function runs in a forked copy of this process, where everything is imported already: it is
    at work in a fraction of the time and shares most of its memory.
    """

    name: str
    argv: Sequence[str] = ()
    entry: Callable[[], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    stdin: bytes = b""
    before_start: Callable[[], None] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # Sent by the kernel when the parent is gone.
    orphan_signal: signal.Signals = signal.SIGKILL
    # Services stop after the programs that use them.
    is_service: bool = False


class Fork:
    """What ``subprocess.Popen`` is for a command: a forked copy of ourselves at its work."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self._ask(os.WNOHANG)

    def wait(self) -> int | None:
        return self._ask(0)

    def _ask(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


Process = Fork | subprocess.Popen[bytes]


def spawn(program: Program, *, output: int, forget: Callable[[], None]) -> Process:
    """Start it in a process group of its own, so that Ctrl-C reaches only the parent.

    ``forget`` closes, in a forked copy, what belongs to the parent alone. Must be called in the
    main thread: the kernel watches the thread that forked.
    """
    if program.before_start:
        program.before_start()
    if program.entry:
        return fork(program, program.entry, output=output, forget=forget)
    return run_command(program, output=output)


def run_command(program: Program, *, output: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    child = subprocess.Popen(  # noqa: S603 - the arguments are ours
        list(program.argv),
        env=dict(program.environment),
        # A folder that the account may not enter would stop it at once.
        cwd="/",
        stdin=subprocess.PIPE if program.stdin else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=lambda: tie_to(parent, program.orphan_signal),
        **credentials(program.account),
    )
    if child.stdin:
        child.stdin.write(program.stdin)
        child.stdin.close()
    return child


def fork(
    program: Program, entry: Callable[[], None], *, output: int, forget: Callable[[], None]
) -> Fork:
    """Precondition: this process has one thread, no database connection and no event loop."""
    flush_output()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:

        def settle_in() -> None:
            os.setpgid(0, 0)
            tie_to(parent, program.orphan_signal)
            reset_signals()
            forget()
            redirect(output)
            setproctitle(f"helpdesk: {program.name}")

        run_and_exit(settle_in, entry)
    return Fork(pid)


def run_and_exit(*steps: Callable[[], None]) -> NoReturn:
    """End as an interpreter ends, but without a step of the parent's: no handler, no clean-up."""
    status = 1
    try:
        for step in steps:
            step()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - must not reach the parent's code
        traceback.print_exc()
    finally:
        flush_output()
        os._exit(status)


def flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        # The terminal may be gone.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()


def reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)


def redirect(output: int) -> None:
    """Nothing in, everything out to the supervisor, line by line."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def credentials(account: Account | None) -> dict[str, Any]:
    """What subprocess needs to start something as another account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def signal_group(child: Process, number: signal.Signals) -> None:
    """Signal the program and what it started, also when the program itself is gone."""
    # PermissionError: macOS says so of a group of which only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def unprivileged_account(existing: Path) -> Account | None:
    """Who runs the embedded engines when we are root, which PostgreSQL refuses to run as.

    The owner of a cluster that exists already, else an account that every system has.
    """
    if os.geteuid() != 0:
        return None
    if existing.exists() and (owner := existing.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root and there is no account `postgres` or `nobody`: "
        "run this as an ordinary user."
    )


def can_reach(path: Path, account: Account) -> bool:
    """True when the account may enter every folder above ``path`` and read ``path`` itself.

    Counts the ordinary permission bits only: where an access list says more, the answer is a
    cautious no.
    """

    def allows(place: Path, bit: int) -> bool:
        status = place.stat()
        if status.st_uid == account.uid:
            return bool(status.st_mode & bit << 6)
        if status.st_gid == account.gid:
            return bool(status.st_mode & bit << 3)
        return bool(status.st_mode & bit)

    path = path.resolve()
    return all(allows(parent, 0o1) for parent in path.parents) and allows(path, 0o5)
