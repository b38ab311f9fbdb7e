"""Keeps child processes running, writes their output to files, and stops them in order.

One thread: a loop over the children's output and signals. It never waits for a single child.
"""

import contextlib
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any, Self

from helpdesk.programs import READY_LINE, CannotStart, Process, Program, signal_group, spawn

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
# A child that lived this long has earned a quick restart again.
STEADY_SECONDS = 10.0
DEATHS_BEFORE_READY = 5
LOG_BYTES = 5 * 1024 * 1024
# Together below the ten seconds in which everything has to stop.
PROGRAM_SECONDS, SERVICE_SECONDS = 5.0, 4.0


class StopRequested(BaseException):
    """Ctrl-C or SIGTERM arrived while the start was still going on."""


class Log:
    """A file that is put aside as ``.1`` when it is full."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("ab")
        self.last_lines: deque[str] = deque(maxlen=12)
        self._unfinished = b""

    def write(self, chunk: bytes) -> list[str]:
        """Returns the lines that the chunk completed."""
        # A full disk must stop neither the children nor their supervisor.
        with contextlib.suppress(OSError):
            if self.file.tell() + len(chunk) > LOG_BYTES:
                self.file.close()
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
                self.file = self.path.open("ab")
            self.file.write(chunk)
            self.file.flush()
        *lines, self._unfinished = (self._unfinished + chunk).split(b"\n")
        self._unfinished = self._unfinished[-4096:]
        texts = [line.decode(errors="replace") for line in lines]
        self.last_lines.extend(texts)
        return texts


class Child:
    def __init__(self, program: Program, log: Log, *, restarts: bool) -> None:
        self.program = program
        self.name = program.name
        self.log = log
        self.restarts = restarts
        self.process: Process | None = None
        self.output: int | None = None
        self.is_ready = False
        self.deaths_in_a_row = 0
        self.started_at = 0.0
        # On the monotonic clock; None while it runs or needs no start.
        self.start_at: float | None = None

    def start(self, forget: Callable[[], None]) -> int:
        """Returns the descriptor of its output. For ``forget`` see ``programs.spawn``."""
        reader, writer = os.pipe()

        def forget_all() -> None:
            os.close(reader)
            forget()

        try:
            self.process = spawn(self.program, output=writer, forget=forget_all)
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        os.set_blocking(reader, False)
        self.output, self.start_at, self.started_at = reader, None, time.monotonic()
        return reader

    def copy_output(self) -> bool:
        """False at the end of the output."""
        while self.output is not None:
            try:
                chunk = os.read(self.output, 65_536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            if READY_LINE in self.log.write(chunk):
                self.is_ready = True
        return False

    def schedule_restart(self) -> float:
        """Seconds until the next try: soon at first, later when it dies again and again."""
        if time.monotonic() - self.started_at > STEADY_SECONDS:
            self.deaths_in_a_row = 0
        pause: float = min(FIRST_PAUSE * 2**self.deaths_in_a_row, LONGEST_PAUSE)
        self.deaths_in_a_row += 1
        self.start_at = time.monotonic() + pause
        return pause


class Supervisor:
    def __init__(
        self,
        logs: Path,
        announce: Callable[[str], None],
        pid_changed: Callable[[], None],
        *,
        own: Sequence[IO[str]] = (),
    ) -> None:
        self.logs = logs
        self.announce = announce
        # Called whenever a child starts or ends.
        self.pid_changed = pid_changed
        # What no child may keep open.
        self.own = own
        self.children: list[Child] = []
        self.is_steady = False
        self.is_stopping = False
        self.stops_asked = 0
        self._selector = selectors.DefaultSelector()
        self._signals: tuple[int, ...] = ()
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._signals = reader, writer = os.pipe()
        for end in self._signals:
            os.set_blocking(end, False)
        # Signals, the death of a child among them, end the wait of the loop.
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._selector.register(reader, selectors.EVENT_READ, None)
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under nohup the closing of the terminal is to be ignored, and stays so.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._forget()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stops_asked += 1

    def start(self, program: Program, *, restarts: bool = True) -> Child:
        child = Child(program, Log(self.logs / f"{program.name}.log"), restarts=restarts)
        self.children.append(child)
        self._spawn(child)
        return child

    def wait_until(self, condition: Callable[[], bool], complaint: str, *, seconds: float) -> None:
        """Look after the children until the condition holds.

        Raises CannotStart when it does not in time, StopRequested on Ctrl-C.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            self._turn(0.05)
            if self.stops_asked:
                raise StopRequested
            if time.monotonic() > deadline:
                raise CannotStart(f"{complaint} within {seconds:.0f} seconds; see {self.logs}.")

    def run_to_end(self, program: Program, *, seconds: float) -> None:
        """Run a program that has to end by itself, and well."""
        child = self.start(program, restarts=False)
        self.wait_until(lambda: child.process is None, f"{child.name} did not end", seconds=seconds)
        self.children.remove(child)

    def run_until_stopped(self) -> None:
        self.is_steady = True
        while not self.stops_asked:
            self._turn(5.0)

    def stop(self) -> None:
        """Programs first, then the services they use; a second Ctrl-C kills at once."""
        self.is_stopping = True
        for child in self.children:
            child.start_at, child.restarts = None, False
        for are_services, seconds in ((False, PROGRAM_SECONDS), (True, SERVICE_SECONDS)):
            group = [child for child in self.children if child.program.is_service == are_services]
            self._stop_group(group, seconds)

    def _stop_group(self, group: Sequence[Child], seconds: float) -> None:
        for child in group:
            if child.process:
                child.process.send_signal(child.program.stop_signal)
        deadline = time.monotonic() + seconds
        while any(child.process for child in group):
            if time.monotonic() > deadline or self.stops_asked > 1:
                break
            self._turn(0.1)
        for child in group:
            if child.process:
                signal_group(child.process, signal.SIGKILL)
                child.process.wait()
                self._bury(child)

    def _turn(self, longest: float) -> None:
        """Wait for output, a signal or the next due start, and see to it."""
        due = [child.start_at - time.monotonic() for child in self.children if child.start_at]
        for key, _ in self._selector.select(max(0.0, min([longest, *due]))):
            child = key.data
            if child is None:
                os.read(key.fd, 4096)
            elif not child.copy_output():
                self._selector.unregister(key.fd)
                os.close(key.fd)
                child.output = None
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._bury(child)
            if child.start_at and child.start_at <= time.monotonic():
                self._spawn(child)

    def _spawn(self, child: Child) -> None:
        try:
            output = child.start(self._forget)
        except (OSError, CannotStart) as failure:
            if not self.is_steady:
                raise
            # No memory, no room, no free process: that may pass.
            pause = child.schedule_restart()
            self.announce(f"{child.name} cannot start ({failure}); next try in {pause:.1f} s")
            return
        self._selector.register(output, selectors.EVENT_READ, child)
        self.pid_changed()

    def _forget(self) -> None:
        """Close what belongs to the supervisor: in a forked child, and at its own end."""
        self._selector.close()
        for end in self._signals:
            os.close(end)
        for child in self.children:
            child.log.file.close()
            if child.output is not None:
                os.close(child.output)
        for file in self.own:
            file.close()

    def _bury(self, child: Child) -> None:
        """Precondition: the process has ended. What it had started is killed."""
        process = child.process
        if process is None:
            return
        signal_group(process, signal.SIGKILL)
        child.copy_output()
        if child.output is not None:
            self._selector.unregister(child.output)
            os.close(child.output)
        child.process = child.output = None
        child.is_ready = False
        self.pid_changed()
        if child.restarts:
            self._plan_restart(child, describe_end(process.returncode))
        elif process.returncode and not self.is_stopping:
            raise CannotStart(self._explain(child, describe_end(process.returncode)))

    def _plan_restart(self, child: Child, end: str) -> None:
        pause = child.schedule_restart()
        if not self.is_steady and child.deaths_in_a_row >= DEATHS_BEFORE_READY:
            raise CannotStart(self._explain(child, end))
        self.announce(f"{child.name} ended ({end}); starting it again in {pause:.1f} s")

    def _explain(self, child: Child, end: str) -> str:
        lines = "\n".join(f"    {line}" for line in child.log.last_lines)
        return f"{child.name} ended ({end}). The last lines of {child.log.path}:\n{lines}"


def describe_end(returncode: int | None) -> str:
    if returncode is None:
        return "unknown"
    if returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit code {returncode}"
