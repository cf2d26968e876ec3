"""`postroom-mailer run`: one mailer, or a parent that keeps several alive."""

import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from postroom.mailer.cli.check_templates import unusable
from postroom.mailer.daemon import Daemon
from postroom.mailer.settings import MailerSettings, read_settings
from postroom.shared.env import Environment
from postroom.shared.process import systemd
from postroom.shared.process.stopping import StopSignals
from postroom.shared.process.tuning import give_large_blocks_back, work_in_batches
from postroom.shared.telemetry import logs, tracing
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_TICK_SECONDS = 1.0
# After this process was itself frozen (SIGSTOP, a moved machine), the other loops have made no
# progress yet when this one looks; a few ticks later all have.
_STUCK_TICKS = 5


def run(settings: MailerSettings, *, processes: int = 1) -> int:
    """Run until SIGTERM or SIGINT; returns the exit status."""
    if processes > 1:
        return _supervise(settings, processes)
    return _run_one(settings, number=0)


def _run_one(settings: MailerSettings, *, number: int, parent: Connection | None = None) -> int:
    # Threads here mostly wait for sockets; with the default of 5 ms each of them wakes up late.
    sys.setswitchinterval(0.001)
    work_in_batches()
    give_large_blocks_back()
    signals = StopSignals().install()
    alone = parent is None
    if parent is not None:
        threading.Thread(
            target=_stop_with, args=(parent, signals.stop), name="parent", daemon=True
        ).start()
    port = settings.health_port + number if settings.health_port else 0
    name = f"{socket.gethostname()}:{os.getpid()}"
    logs.configure(service="mailer", level=settings.log_level, mailer=name)
    tracing.configure("mailer")
    for folder in unusable(settings.template_dirs):
        log.error("template_folder_unusable", folder=folder, setting="EMAIL_TEMPLATE_DIRS")
    daemon = Daemon(settings, name=name, health_port=port)
    daemon.start()
    alive = partial(systemd.notify, "WATCHDOG=1") if alone else _nothing
    if alone:
        systemd.notify("READY=1")
    wrong = until_stuck(signals.stop, daemon.stalled, alive)
    if alone:
        systemd.notify("STOPPING=1")
    if wrong:
        log.critical("mailer_stuck", **wrong)
        # An ordered stop is no longer possible; when the leases end, everything is claimed again.
        os._exit(1)
    daemon.stop()
    return 0


def until_stuck(
    stop: threading.Event, stalled: Callable[[], dict[str, str]], alive: Callable[[], None]
) -> dict[str, str]:
    """Wait for `stop`, calling `alive` every second in which nothing is `stalled`.

    Returns:
        What is stuck; empty after a stop.
    """
    ticks = 0
    while not stop.wait(_TICK_SECONDS):
        wrong = stalled()
        if not wrong:
            alive()
        ticks = ticks + 1 if wrong else 0
        if ticks == _STUCK_TICKS:
            return wrong
    return {}


def _nothing() -> None:
    """A child does not notify systemd; its parent does."""


def _child(number: int, parent: Connection) -> None:
    settings = read_settings(Environment())
    sys.exit(_run_one(settings, number=number, parent=parent))


def _stop_with(parent: Connection, stop: threading.Event) -> None:
    """Stop at the end of the pipe: the parent wants us to stop, or died. It sends nothing."""
    parent.poll(None)
    stop.set()


def _supervise(settings: MailerSettings, processes: int) -> int:
    """Start `processes` mailers, restart those that die, and pass the stop on.

    By a pipe, not by a signal: systemd and Ctrl-C signal the children as well, and a second signal
    would end them with e-mails in hand.
    """
    signals = StopSignals().install()
    name = f"{socket.gethostname()}:{os.getpid()}"
    logs.configure(service="mailer", level=settings.log_level, mailer=name)
    context = multiprocessing.get_context("spawn")

    def start(number: int) -> tuple[SpawnProcess, Connection]:
        theirs, ours = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(number, theirs), name=f"mailer-{number}")
        process.start()
        theirs.close()
        return process, ours

    children = {number: start(number) for number in range(processes)}
    systemd.notify("READY=1")
    while not signals.stop.wait(_TICK_SECONDS):
        for number, (process, pipe) in children.items():
            if not process.is_alive():
                log.error("mailer_process_died", number=number, exit_code=process.exitcode)
                pipe.close()
                children[number] = start(number)
        systemd.notify("WATCHDOG=1")
    systemd.notify("STOPPING=1")
    for _, pipe in children.values():
        pipe.close()
    for process, _ in children.values():
        process.join()
    return max(_exit_code(process) for process, _ in children.values())


def _exit_code(process: SpawnProcess) -> int:
    """0 for a child that a signal ended: it had no handler yet, and so nothing in hand."""
    code = process.exitcode or 0
    return 0 if -code in (signal.SIGTERM, signal.SIGINT) else abs(code)
