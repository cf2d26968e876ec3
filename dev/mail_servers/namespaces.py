"""Linux namespaces of a mail server: a network with a loopback interface and no way out, and
processes and mounts that end together. Everything ends with the standard input of two processes,
so at the latest with their owner.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from dev.keeper import MARK, ROOT
from dev.processes import ServiceError

Process = subprocess.Popen[bytes]
_LISTENING = "0A"  # a state in /proc/net/tcp
# The first process of its own process namespace: all others end with it, and so do the mounts.
_BEGIN = """
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/tmp"
mount -t tmpfs -o mode=755 tmpfs "$1/run"
mkdir -p "$1$2"
mount --bind "$2" "$1$2"
"""
_GO_ON = """
root=$1
shift 2
(chroot "$root" "$@"; exit $?)  # from a child: Exim goes on in front of a parent with the number 1
exec cat >/dev/null
"""


def open_network(ports: Sequence[int], helpers: Iterable[str]) -> tuple[Process, list[int]]:
    """A process in a new network that leads connections to these ports there, and the ports on
    127.0.0.1 here at which it takes them, in the same order. `helpers`: options of `inside.py`.

    Raises:
        ServiceError: no network can be made.
    """
    listeners = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in ports]
    outside = [each.getsockname()[1] for each in listeners]
    numbers = [each.fileno() for each in listeners]
    pairs = [f"--forward={number}:{port}" for number, port in zip(numbers, ports, strict=True)]
    network = subprocess.Popen(
        [
            "unshare",
            "--net",
            "--",
            sys.executable,
            "-m",
            "dev.mail_servers.inside",
            *pairs,
            *helpers,
        ],
        cwd=ROOT,
        env=_environment(),
        pass_fds=numbers,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    for each in listeners:
        each.close()
    if network.stdout is None or network.stdout.readline() != b"ready\n":
        end(network)
        raise ServiceError("A network namespace cannot be made: is this process really root?")
    return network, outside


def start_in(
    network: Process, root: Path, folder: Path, mounts: Iterable[str], command: Iterable[str]
) -> Process:
    """Run a command that puts itself into the background, with `root` as root of the file system
    and `folder` at its path. `mounts`: arguments of mount(8), in which `$1` is the root."""
    script = _BEGIN + "".join(f"mount {each}\n" for each in mounts) + _GO_ON
    join = ("nsenter", f"--net=/proc/{network.pid}/ns/net", "--")
    alone = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
    begin = ("sh", "-ec", script, "sh", str(root), str(folder))
    with (folder / "start.log").open("ab") as output:
        return subprocess.Popen(
            [*join, *alone, "--", *begin, *command],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def end(process: Process) -> None:
    """End either kind of process, with all its family; returns when they are gone."""
    try:
        process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def listening(network: Process) -> set[int]:
    """The TCP ports that are open in this network (proc(5), net/tcp)."""
    found = set()
    for line in Path(f"/proc/{network.pid}/net/tcp").read_text().splitlines()[1:]:
        _, address, _, state, *_ = line.split()
        if state == _LISTENING:
            found.add(int(address.rpartition(":")[2], 16))
    return found


def _environment() -> dict[str, str]:
    """Nothing that changes how a server behaves. The mark, when there is one, lets the keeper of
    the services end what is left."""
    kept = {name: os.environ[name] for name in (MARK,) if name in os.environ}
    return kept | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
