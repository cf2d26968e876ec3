"""Processor time and memory of process trees, read from /proc."""

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: int | str) -> list[str]:
    """The fields after the program's name: 0 the state, 1 the parent, 11 to 14 utime to cstime."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _processes() -> dict[int, list[str]]:
    found = {}
    for path in PROC.iterdir():
        if path.name.isdigit():
            try:
                found[int(path.name)] = _stat(path.name)
            except OSError:
                continue
    return found


def family(pid: int, processes: dict[int, list[str]] | None = None) -> list[int]:
    """A process and all its running descendants."""
    processes = _processes() if processes is None else processes
    members = [pid]
    for member in members:
        members += [child for child, fields in processes.items() if int(fields[1]) == member]
    return [member for member in members if member in processes]


def seconds(pid: int) -> float:
    """Processor time of a process tree so far, including children that have ended."""
    processes = _processes()
    return (
        sum(
            sum(int(ticks) for ticks in processes[member][11:15])
            for member in family(pid, processes)
        )
        / TICKS
    )


def megabytes(pid: int) -> list[float]:
    """The peak resident memory of each process of a tree, the largest first."""
    peaks = [
        int(line.split()[1]) / 1024
        for member in family(pid)
        for line in (PROC / str(member) / "status").read_text().splitlines()
        if line.startswith("VmHWM:")
    ]
    return sorted(peaks, reverse=True)


def postgres_pid(url: str) -> int:
    """The postmaster: the parent of our connection's backend."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        return int(_stat(row[0])[1])


def broker_pid(url: str) -> int:
    """The process that listens on the broker's port."""
    address = urlsplit(url)
    wanted = f":{address.port or socket.getservbyname('amqp'):04X}"
    inodes = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                inodes.add(f"socket:[{fields[9]}]")
    for pid in _processes():
        try:
            links = [link.readlink() for link in (PROC / str(pid) / "fd").iterdir()]
        except OSError:
            continue
        if any(str(link) in inodes for link in links):
            return pid
    raise RuntimeError("The broker does not run on this machine: its CPU time cannot be read.")


class Servers:
    """Processor time of PostgreSQL and the broker since `restart`, in seconds."""

    def __init__(self, database_url: str, rabbitmq_url: str) -> None:
        self.pids = {"postgres": postgres_pid(database_url), "broker": broker_pid(rabbitmq_url)}
        self.restart()

    def restart(self) -> None:
        self.start = {name: seconds(pid) for name, pid in self.pids.items()}

    def used(self) -> dict[str, float]:
        return {name: seconds(pid) - self.start[name] for name, pid in self.pids.items()}
