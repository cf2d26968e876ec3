"""A root of its own for a process, by Linux namespaces: what it sees of this machine is listed.

What a container engine does, with the programs of util-linux. As root, or as anybody where
unprivileged user namespaces are allowed (then the process keeps its user).
"""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = ("bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "usr")


@dataclass(frozen=True)
class Mount:
    """A folder of this machine, and where the process sees it; `tmpfs`: its options instead."""

    target: str
    source: str = ""
    writable: bool = False
    tmpfs: str = ""


def this_system() -> list[Mount]:
    """The programs of this machine and its Python, and nothing of anybody's data."""
    found = [Mount(f"/{name}", f"/{name}") for name in _SYSTEM if Path("/", name).exists()]
    return [*found, Mount(sys.base_prefix, sys.base_prefix)]


def whole_machine() -> list[Mount]:
    """All of this machine, to be written too."""
    found = (path for path in Path("/").iterdir() if path.is_dir())
    return [Mount(str(path), str(path), writable=True) for path in found]


def inside(root: Path, mounts: Iterable[Mount], *, user: tuple[int, int] | None) -> list[str]:
    """What to put before a command so that it runs in `/app` of a root made of these mounts.

    `root`: an empty folder, which stays empty for everybody else. `user`: by numbers, without any
    privilege; by default this process's own.
    """
    script = "\n".join(_script(shlex.quote(str(root)), list(mounts), user))
    own = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *own, "--mount", "--", "sh", "-ec", script, "sh"]


def _script(root: str, mounts: list[Mount], user: tuple[int, int] | None) -> Iterator[str]:
    yield f"mount -t tmpfs -o mode=755 none {root}"
    # Outer ones first: /tmp before what lies in it.
    for mount in sorted(mounts, key=lambda mount: mount.target.count("/")):
        target = f"{root}{shlex.quote(mount.target)}"
        if mount.tmpfs:
            yield f"mkdir -p {target}; mount -t tmpfs -o {shlex.quote(mount.tmpfs)} none {target}"
        elif Path(mount.source).is_symlink():
            yield f"cp -P {shlex.quote(mount.source)} {target}"
        else:
            yield f"mkdir -p {target}; mount --rbind {shlex.quote(mount.source)} {target}"
            if not mount.writable:
                yield f"mount -o remount,ro,bind {target}"
    yield f"mount -o remount,ro,bind {root}"
    rights = ""
    if user is not None:
        who = f"--reuid={user[0]} --regid={user[1]} --clear-groups" if os.geteuid() == 0 else ""
        rights = f"setpriv {who} --no-new-privs --inh-caps=-all --bounding-set=-all"
    # By its path: what comes after has the container's PATH, which need not hold it.
    chroot = shutil.which("chroot", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    yield f'exec {chroot} {root} env --chdir=/app {rights} "$@"'
