"""A server process that our other processes can find, pause or kill by its pid file."""

import atexit
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

# Children of this process; kept so that they are reaped here and not garbage-collected running.
_children: dict[int, subprocess.Popen[bytes]] = {}
# Below the range of client ports, so that a stopped server's port stays free.
_PORTS = range(20000, 30000)


@atexit.register
def _let_go() -> None:
    """Suppress Popen's warning: a server that a test restarted serves the next tests."""
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0


class ServiceError(Exception):
    """A service is not available; the message is one sentence that says what to do."""


class ServerDiedError(ServiceError):
    """A server ended while it was starting, perhaps because another process took its port."""


def free_ports(count: int) -> list[int]:
    """Different TCP ports on 127.0.0.1 that are free and were not returned before.

    A server binds its port seconds after it was chosen, and other processes choose meanwhile. So
    an abstract Unix socket (unix(7)) reserves each port number while this process runs.
    """
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        reservation = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                reservation.bind(f"\0postroom-port-{port}")
                probe.bind(("127.0.0.1", port))
            except OSError:
                reservation.close()
                continue
        reservation.detach()  # open until this process ends
        found.append(port)
        if len(found) == count:
            return found
    raise ServiceError("No TCP port between 20000 and 30000 is free on 127.0.0.1.")


def is_running(process: psutil.Process) -> bool:
    """Whether it runs; a zombie does not, although its parent has not collected it yet."""
    child = _children.get(process.pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_gone(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended; returns those that have not."""
    deadline = time.monotonic() + seconds
    left = [process for process in processes if is_running(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [process for process in left if is_running(process)]
    return left


def send(processes: Iterable[psutil.Process], number: int) -> None:
    """Signal each one that still runs."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


class PidFile:
    """One server process, identified by pid and start time, so that a reused pid does not match."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def start(
        self, command: Sequence[str], *, env: Mapping[str, str], log: Path, user: str | None = None
    ) -> None:
        """Start the program in its own session: Ctrl-C must not stop it before its clients."""
        identity = {} if user is None else {"user": user, "group": _group(user), "extra_groups": []}
        with log.open("ab") as output:
            child = subprocess.Popen(
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **identity,  # type: ignore[call-overload]
            )
        _children[child.pid] = child
        started = _start_time(psutil.Process(child.pid))
        self.path.write_text(json.dumps({"pid": child.pid, "started": started}))

    @property
    def process(self) -> psutil.Process | None:
        """The running process, or None."""
        try:
            saved = json.loads(self.path.read_text())
            process = psutil.Process(saved["pid"])
            same = _start_time(process) == saved["started"]
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        return process if same and is_running(process) else None

    @property
    def pid(self) -> int | None:
        """The running process's pid, or None."""
        process = self.process
        return None if process is None else process.pid

    def family(self) -> list[psutil.Process]:
        """The process and all its descendants; empty when it is not running."""
        process = self.process
        if process is None:
            return []
        try:
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def pause(self) -> None:
        """SIGSTOP to the process and its descendants; `ServiceError` if it does not run."""
        family = self.family()
        if not family:
            raise ServiceError(f"{self.path} names no running process, so nothing was paused.")
        send(family, signal.SIGSTOP)

    def resume(self) -> None:
        """Undo `pause`, if the process still runs."""
        send(self.family(), signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL to the process and its descendants; returns when all are gone."""
        family = self.family()
        send(family, signal.SIGKILL)
        if left := wait_gone(family, 10):
            raise ServiceError(f"Processes {[p.pid for p in left]} do not end on SIGKILL.")

    def stop(self, number: int, seconds: float) -> None:
        """Ask the process to end, and kill what is left of its family after `seconds`."""
        family = self.family()
        send(family, signal.SIGCONT)  # a paused process would not get the signal
        send(family[:1], number)
        left = wait_gone(family, seconds)
        send(left, signal.SIGKILL)
        wait_gone(left, 10)


def _start_time(process: psutil.Process) -> float:
    """When it started, by a clock that nobody sets, where there is one.

    On Linux psutil adds the time of the boot, in whole seconds, which the kernel computes from the
    time of day: when that is corrected, every process seems to have started a second earlier or
    later, and a server that runs would be taken for another one. Its ticks since the boot stay.
    """
    if not sys.platform.startswith("linux"):
        return process.create_time()
    # proc(5): after the name in brackets the state, and 19 fields later `starttime`.
    return float(Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19])


def _group(user: str) -> int:
    import pwd  # not on Windows, where no user is ever given

    return pwd.getpwnam(user).pw_gid


def plain_environment() -> dict[str, str]:
    """Our environment without variables that would change the settings of a server we start."""
    foreign = ("RABBITMQ_", "PG", "ERL_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
