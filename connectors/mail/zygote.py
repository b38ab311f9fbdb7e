"""A process that holds the mail parser and nothing else, and copies itself for each mail.

Started by `sandbox.py` as a program of its own: no database, no threads, no secrets in its
environment. Each copy gets one end of a socket pair and reads one mail from there under limits of
its own. What hostile bytes can ruin is that copy.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from connectors.errors import Unreadable
from connectors.mail import signatures, wire
from connectors.mail.limits import MAX_CPU_SECONDS, MAX_MEMORY, MAX_SECONDS
from connectors.mail.parse import parse
from core.processes import tie_to

MAX_OPEN_FILES = 64
NOTHING_TO_DO = 78
# Read once before the first copy is made, so that none has to load codecs and the like.
WARM_UP = (
    b"From: =?utf-8?q?A?= <a@a.example>\r\nMessage-ID: <1@a.example>\r\n"
    b"Date: Tue, 3 Mar 2026 10:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=gb18030\r\n\r\n<p>a\r\n"
    b"--b\r\nContent-Type: image/png; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n"
    b"--b--\r\n"
)


def serve(control: socket.socket) -> None:
    """Until the parent is gone, which closes the other end.

    The next copy is made before it is needed and waits for its mail itself, so that a mail waits
    neither for the fork nor for the pages it touches.
    """
    parse(WARM_UP)
    room = _address_space()
    # Collections in a copy would touch, and so copy, every page of what it shares.
    gc.collect()
    gc.freeze()
    gc.disable()
    control.sendall(b"!")
    while True:
        pid = os.fork()
        if pid == 0:
            _answer_and_exit(control, room)
        _, status, usage = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) == NOTHING_TO_DO:
            return
        memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        control.sendall(wire.REPORT.pack(status, usage.ru_utime + usage.ru_stime, memory))


def _answer_and_exit(control: socket.socket, room: int) -> NoReturn:
    status = 1
    try:
        _limit(room)
        parse(WARM_UP)
        channel = _receive_channel(control)
        control.close()
        signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
        status = NOTHING_TO_DO
        if channel is not None:
            status = 1
            with socket.socket(fileno=channel) as peer:
                _answer(peer)
            status = 0
    except MemoryError:
        status = wire.OUT_OF_MEMORY
    finally:
        # Also past an error: nothing of the zygote's may run in its copy.
        os._exit(status)


def _receive_channel(control: socket.socket) -> int | None:
    """One end of the socket pair for one mail; None when the parent is gone."""
    message, channels, _, _ = socket.recv_fds(control, 1, 1)
    return channels[0] if message and channels else None


def _limit(room: int) -> None:
    """``room`` is for all that is mapped; 0 where that cannot be told."""
    _set_limit(resource.RLIMIT_CPU, MAX_CPU_SECONDS, MAX_CPU_SECONDS + 1)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        _set_limit(kind, 0, 0)
    _set_limit(resource.RLIMIT_NOFILE, MAX_OPEN_FILES, MAX_OPEN_FILES)
    if room:
        _set_limit(resource.RLIMIT_AS, room, room)


def _set_limit(kind: int, soft: int, hard: int) -> None:
    # macOS knows some of them by name only.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))


def _address_space() -> int:
    """What we have mapped, plus what may still become resident."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return 0
    mapped, resident = (int(number) * resource.getpagesize() for number in pages[:2])
    return mapped + MAX_MEMORY - resident


def _answer(peer: socket.socket) -> None:
    with peer.makefile("rb") as incoming:
        request, [raw] = wire.read(incoming)
    try:
        wire.write(peer, *_work(request, raw))
    except Unreadable as refusal:
        wire.write(peer, {"unreadable": refusal.reason}, [])
    except RecursionError:
        wire.write(peer, {"unreadable": "The mail nests something too deeply."}, [])
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  our bug: told by its place, as texts may quote mail
        wire.write(peer, {"bug": _place_of(error)}, [])


def _work(request: wire.Plain, raw: bytes) -> tuple[wire.Plain, list[bytes]]:
    if request["task"] == "verify":
        return {"signatures": signatures.verify(raw, request["keys"])}, []
    message = parse(
        raw,
        own_addresses=request["own_addresses"],
        envelope_sender=request["envelope_sender"],
    )
    return wire.pack(message)


def _place_of(error: Exception) -> str:
    trace, place = error.__traceback__, ""
    while trace:
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"


def main() -> None:
    # Ctrl-C is for the parent, whose end is ours.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tie_to(int(sys.argv[2]), signal.SIGKILL)
    serve(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
