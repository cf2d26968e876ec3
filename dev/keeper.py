"""Ends every process and removes every file of a set of services once their owner is gone.

The owner holds the other end of this process's standard input and never writes to it, so that this
process notices even `kill -9` of the owner. Every process with the services' file in its
environment belongs to the services.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from dev.processes import send, wait_gone

MARK = "POSTROOM_SERVICES_FILE"
ROOT = Path(__file__).resolve().parent.parent


class ServiceKeeper:
    """Creates the folder of a set of services; `close()` or this process's death removes it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-"))
        # The database's own user must be able to reach its folder below.
        self.folder.chmod(0o711)
        self.file = self.folder / "services.json"
        # Without the mark: outer services must not end the process that clears up these ones.
        environment = {name: value for name, value in os.environ.items() if name != MARK}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dev.keeper", str(self.file)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def close(self) -> None:
        """Remove everything; returns when it is gone."""
        self._process.communicate(timeout=60)


def marked(mark: str) -> list[psutil.Process]:
    """All processes started with this services' file in their environment, and their children."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark:
                found[process.pid] = process
                # A database's children overwrite their environment with their title.
                found.update({child.pid: child for child in process.children(recursive=True)})
        except psutil.Error:
            continue
    found.pop(os.getpid(), None)
    return list(found.values())


def clear(file: Path) -> None:
    """End what belongs to the services and remove their folder."""
    for _ in range(10):  # a starting process may have been missed in the round before
        processes = marked(str(file))
        if not processes:
            break
        send(processes, signal.SIGCONT)
        servers = [process for process in processes if _name(process) == "postgres"]
        # PostgreSQL's immediate shutdown frees its shared memory; a kill would leave it.
        send([process for process in processes if process not in servers], signal.SIGKILL)
        send(servers, signal.SIGQUIT)
        send(wait_gone(processes, 5), signal.SIGKILL)
    container = file.parent / "container"
    if container.exists():
        subprocess.run(["docker", "rm", "-f", container.read_text()], capture_output=True)
    shutil.rmtree(file.parent, ignore_errors=True)


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:
        return ""


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    clear(Path(sys.argv[1]))
