"""`python -m mailer run`: one mailer, or a parent that keeps several alive."""

import multiprocessing
import os
import socket
import sys
from multiprocessing.context import SpawnProcess

from mailer.daemon import Daemon
from mailer.health import notify_systemd
from mailer.settings import MailerSettings, read_settings
from shared import logs
from shared.env import Environment
from shared.logs import logger
from shared.stopping import StopSignals

log = logger(__name__)

_TICK_SECONDS = 1.0


def run(settings: MailerSettings, *, processes: int = 1) -> int:
    """Run until SIGTERM or SIGINT; the exit code."""
    if processes > 1:
        return _supervise(settings, processes)
    return _run_one(settings, number=0)


def _run_one(settings: MailerSettings, *, number: int, systemd: bool = True) -> int:
    # Threads here mostly wait for sockets; the default of 5 ms makes each wake-up wait for long.
    sys.setswitchinterval(0.001)
    signals = StopSignals().install()
    port = settings.health_port + number if settings.health_port else 0
    name = f"{socket.gethostname()}:{os.getpid()}"
    logs.configure(service="mailer", level=settings.log_level, mailer=name)
    daemon = Daemon(settings, name=name, health_port=port)
    daemon.start()
    if systemd:
        notify_systemd("READY=1")
    stuck = False
    while not signals.stop.wait(_TICK_SECONDS):
        if stuck := bool(wrong := daemon.stalled()):
            log.critical("mailer_stuck", **wrong)
            break
        if systemd:
            notify_systemd("WATCHDOG=1")
    if systemd:
        notify_systemd("STOPPING=1")
    if stuck:
        # Nothing can be stopped in order any more; the leases give everything back.
        os._exit(1)
    daemon.stop()
    return 0


def _child(number: int) -> None:
    settings = read_settings(Environment())
    sys.exit(_run_one(settings, number=number, systemd=False))


def _supervise(settings: MailerSettings, processes: int) -> int:
    """Start `processes` mailers, start again what dies, and pass the stop on."""
    signals = StopSignals().install()
    context = multiprocessing.get_context("spawn")

    def start(number: int) -> SpawnProcess:
        process = context.Process(target=_child, args=(number,), name=f"mailer-{number}")
        process.start()
        return process

    children = {number: start(number) for number in range(processes)}
    notify_systemd("READY=1")
    while not signals.stop.wait(_TICK_SECONDS):
        for number, process in children.items():
            if not process.is_alive():
                log.error("mailer_process_died", number=number, exit_code=process.exitcode)
                children[number] = start(number)
        notify_systemd("WATCHDOG=1")
    notify_systemd("STOPPING=1")
    for process in children.values():
        process.terminate()
    for process in children.values():
        process.join()
    return max(abs(process.exitcode or 0) for process in children.values())
