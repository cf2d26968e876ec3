"""Processes of servers: known by their pid files, frozen, ended, and on ports of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from dev.processes import PidFile, ServiceError, free_ports
from tests.support.waits import wait_until


def test_reused_pid_is_not_taken_for_the_server(tmp_path: Path) -> None:
    file = tmp_path / "server.pid"
    file.write_text(json.dumps({"pid": os.getpid(), "started": 1.0}))
    assert PidFile(file).pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="only there psutil reads /proc")
def test_running_server_stays_known_when_the_time_of_day_is_corrected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step of the clock once made a test freeze nothing, and wait for what that would do."""
    server = PidFile(tmp_path / "server.pid")
    server.start(["sleep", "600"], env=dict(os.environ), log=tmp_path / "log")
    # As the kernel shows it a second later by the new time; the processes are the same.
    proc = tmp_path / "proc"
    proc.mkdir()
    for one in (str(server.pid), str(os.getpid())):
        (proc / one).symlink_to(Path("/proc", one))
    line = f"btime {int(psutil.boot_time())}"
    shown = Path("/proc/stat").read_text()
    assert line in shown
    (proc / "stat").write_text(shown.replace(line, f"btime {int(psutil.boot_time()) + 1}"))
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(proc))
    server.pause()
    process = server.process
    assert process is not None
    wait_until(lambda: process.status() == psutil.STATUS_STOPPED)
    server.kill()
    assert server.pid is None


def test_pausing_what_does_not_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"server\.pid names no running process"):
        PidFile(tmp_path / "server.pid").pause()


def test_stubborn_server_is_killed_after_its_grace(tmp_path: Path) -> None:
    server = PidFile(tmp_path / "server.pid")
    log = tmp_path / "log"
    program = 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
    server.start(["sh", "-c", program], env=dict(os.environ), log=log)
    wait_until(lambda: log.read_text() == "ready\n")
    server.stop(signal.SIGTERM, 0.1)
    assert server.pid is None


def test_free_ports_differ_and_are_free() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_port_is_given_once_while_its_taker_lives() -> None:
    """Two nodes that started together once had the same port."""
    taken = free_ports(2)
    program = f"from dev import processes; processes._PORTS = {taken}; processes.free_ports(1)"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "No TCP port" in other.stderr
