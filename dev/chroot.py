"""Debian systems in folders of their own, made by debootstrap, whose programs run beside ours.

A program runs with such a folder as root of the file system (chroot), in a mount namespace of its
own: the mounts end with it, nothing stays mounted.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.install import apt_install, can_install
from dev.processes import ServiceError

ALONE = ("unshare", "--mount", "--propagation", "private")
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# The folder has the same path inside and outside.
_ENTER = """
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/tmp"
mkdir -p "$1$2"
mount --bind "$2" "$1$2"
root=$1
shift 2
exec chroot "$root" "$@"
"""


def entering(root: Path, folder: Path) -> list[str]:
    """The start of a command line that runs a program in `root` with access to `folder`, as root.

    The process id is the program's: every step replaces the one before.
    """
    return [*ALONE, "sh", "-ec", _ENTER, "sh", str(root), str(folder)]


def install(
    root: Path, package: str, release: str, *, finish: Callable[[Path], None] | None = None
) -> None:
    """Make `root` with a Debian package and what it depends on, unless it is there.

    Safe when several processes call it at once. `finish` changes the folder before it counts as
    made.

    Raises:
        ServiceError: it cannot be installed on this machine; it says what is missing.
    """
    if root.exists():
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.with_name(f"{root.name}.lock")):
        if root.exists():
            return
        _ensure_debootstrap(package)
        print(f"Installing {package} into {root} (about a minute, once) ...", file=sys.stderr)
        half = root.with_name(f"{root.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        # A root that a power cut spoils is made again, so dpkg need not wait for the disk.
        hasty = half / "etc" / "dpkg" / "dpkg.cfg.d" / "hasty"
        hasty.parent.mkdir(parents=True)
        hasty.write_text("force-unsafe-io\n")
        _debootstrap(half, package, release)
        if finish is not None:
            finish(half)
        half.rename(root)


def _ensure_debootstrap(package: str) -> None:
    if can_install():
        if shutil.which("debootstrap") is None:
            apt_install("debootstrap")
        if not _KEYS.exists():  # on Ubuntu
            apt_install("debian-archive-keyring")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        what = f"The tests' {package} is installed by debootstrap, as root on Debian or Ubuntu."
        raise ServiceError(what)


def _debootstrap(root: Path, package: str, release: str) -> None:
    command = ["debootstrap", "--variant=minbase", f"--include={package}", f"--keyring={_KEYS}"]
    # An interrupted debootstrap would leave its mounts behind, so it gets its own mount namespace.
    done = subprocess.run(
        [*ALONE, *command, release, str(root), *_mirror()],
        env=_proxy() | os.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        words = "\n".join(done.stdout.splitlines()[-5:])
        raise ServiceError(f"debootstrap could not install {package}:\n{words}")


def _mirror() -> list[str]:
    """The mirror of Debian that apt uses here; nothing if it uses none: debootstrap has its own."""
    words = ("apt-get", "indextargets", "--format", "$(LABEL)\t$(REPO_URI)", "Created-By: Packages")
    for line in _output(*words).splitlines():
        label, _, address = line.partition("\t")
        if label == "Debian":
            return [address]
    return []


def _proxy() -> dict[str, str]:
    """apt's own proxy, for the downloads of debootstrap."""
    words = ("apt-config", "dump", "--format", "%v", "Acquire::http::Proxy")
    proxy = _output(*words).strip()
    return {"http_proxy": proxy} if "://" in proxy else {}


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # released with the file
        yield
