"""Settings of Linux and Python for a process that works through batches."""

import contextlib
import ctypes
import gc
import os
from typing import Final

# Objects made between two runs of the garbage collector. Python's 700 is three e-mails: every run
# would visit the hundred in hand again, which are not garbage.
_GARBAGE: Final = (10_000, 20, 50)

_MMAP_THRESHOLD: Final = -3  # M_MMAP_THRESHOLD in glibc's malloc.h
_OF_ITS_OWN: Final = 1024 * 1024  # bytes; nearly all e-mails are smaller


def give_large_blocks_back() -> None:
    """Have each large block of memory in a mapping of its own, which goes with it (mallopt(3)).

    Otherwise glibc keeps such blocks in its heap once one was freed, and a single large e-mail
    takes the memory of all its intermediate forms, for ever. Without glibc nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _OF_ITS_OWN)


def work_in_batches() -> None:
    """Give way to web requests, and collect garbage less often. Call once, after the imports.

    `SCHED_BATCH` (sched(7)): when this process and the threads it starts from now on wake up, they
    do not interrupt a web request, PostgreSQL or a second mailer. Where the system does not have
    it or forbids it, nothing happens. See what-speed-costs: SCHED_BATCH, garbage collection.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
