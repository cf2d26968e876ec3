"""Settings of Linux and Python for a process that works through batches."""

import contextlib
import gc
import os
from typing import Final

# Objects made between two runs of the garbage collector. Python's 700 is three e-mails: every run
# would visit the hundred in hand again, which are not garbage.
_GARBAGE: Final = (10_000, 20, 50)


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
