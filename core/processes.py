"""Processes that end with the one that started them, however it ends."""

import ctypes
import os
import signal
import sys

# prctl(2): the signal a process gets when the thread that started it dies.
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def tie_to(parent: int, orphan_signal: signal.Signals) -> None:
    """Ask the kernel for ``orphan_signal`` at the parent's death; no effect outside Linux."""
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, int(orphan_signal))
    if os.getppid() != parent:
        # It died between fork and prctl; that death is not reported any more.
        os._exit(1)
