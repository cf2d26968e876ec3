"""How a process that works through batches asks Linux and Python to treat it."""

import contextlib
import gc
import os
from typing import Final

# Objects made between two looks for cycles. Python's 700 is three e-mails: every look then finds
# the hundred in hand again, which are no garbage.
_GARBAGE: Final = (10_000, 20, 50)


def work_in_batches() -> None:
    """Give way to web requests, and look for garbage less often. Call once, after the imports.

    `SCHED_BATCH` (sched(7)): woken, this process and the threads it starts from now on do not
    interrupt whatever runs, be it a web request, PostgreSQL or a second mailer. An idle machine
    shows no difference, a full one sent somewhat more behind a round trip of 20 ms. Where the
    system has no such thing or forbids it, nothing happens.
    """
    if hasattr(os, "SCHED_BATCH"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
