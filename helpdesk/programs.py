"""Child processes that end with their parent, however it ends."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import HelpdeskError

# prctl(2): the signal a process gets when the thread that started it dies.
PR_SET_PDEATHSIG = 1
# What a program prints when it is at work, for those where no door tells it.
READY_LINE = "READY to work"
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


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
    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    # A folder that the account may not enter would stop it at once.
    folder: str = "/"
    account: Account | None = None
    stdin: bytes = b""
    pass_fds: Sequence[int] = ()
    before_start: Callable[[], None] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # Sent by the kernel when the parent is gone.
    orphan_signal: signal.Signals = signal.SIGKILL
    # Services stop after the programs that use them.
    is_service: bool = False


def spawn(program: Program, *, output: int) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own, so that Ctrl-C reaches only the parent.

    Must be called in the main thread: the kernel watches the thread that forked.
    """
    if program.before_start:
        program.before_start()
    child = subprocess.Popen(  # noqa: S603 - the arguments are ours
        list(program.argv),
        env=dict(program.environment),
        cwd=program.folder,
        stdin=subprocess.PIPE if program.stdin else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=program.pass_fds,
        process_group=0,
        preexec_fn=tie_to_parent(program.orphan_signal),
        **credentials(program.account),
    )
    if child.stdin:
        child.stdin.write(program.stdin)
        child.stdin.close()
    return child


def credentials(account: Account | None) -> dict[str, Any]:
    """What subprocess needs to start something as another account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def tie_to_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    if (libc := _LIBC) is None:
        return None
    parent = os.getpid()

    def ask_for_signal() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:
            # The parent died between fork and prctl; its death is not reported any more.
            os._exit(1)

    return ask_for_signal


def signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
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
