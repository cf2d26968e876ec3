"""RabbitMQ of another Debian release, in a folder of its own: `python -m dev.rabbitmq_root FOLDER`.

With `POSTROOM_RABBITMQ_ROOT=FOLDER` all our nodes run from there. Programs run with the folder as
root of the file system (chroot), with mounts that end with them: nothing stays mounted.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.install import apt_install, can_install
from dev.processes import ServiceError

VARIABLE = "POSTROOM_RABBITMQ_ROOT"
SCRIPTS = Path("usr/lib/rabbitmq/bin")
# Debian 13 has RabbitMQ 4.0.
_RELEASE = "trixie"
_ALONE = ("unshare", "--mount", "--propagation", "private")
# The node's folder has the same path inside and outside.
_ENTER = """
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/tmp"
mkdir -p "$1$2"
mount --bind "$2" "$1$2"
root=$1
shift 2
exec chroot "$root" "$@"
"""


def given_root(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder that `POSTROOM_RABBITMQ_ROOT` names, or None when it is not set.

    Raises:
        ServiceError: there is no RabbitMQ in it.
    """
    if not (value := environment.get(VARIABLE)):
        return None
    root = Path(value).resolve()
    if not (root / SCRIPTS / "rabbitmq-server").exists():
        raise ServiceError(f"{VARIABLE}={value} holds no RabbitMQ: run `make test-rabbitmq4`.")
    return root


def entering(root: Path, folder: Path) -> list[str]:
    """The start of a command line that runs a program in `root` with access to `folder`, as root.

    The process id is the program's: every step replaces the one before.
    """
    return [*_ALONE, "sh", "-ec", _ENTER, "sh", str(root), str(folder)]


def make(root: Path) -> None:
    """Install RabbitMQ 4 and its dependencies into `root`, unless it is there (some minutes).

    Raises:
        ServiceError: it cannot be installed on this machine; it says what is missing.
    """
    if (root / SCRIPTS / "rabbitmq-server").exists():
        return
    if shutil.which("debootstrap") is None and can_install():
        apt_install("debootstrap")
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise ServiceError("RabbitMQ 4 is installed by debootstrap, as root on Debian or Ubuntu.")
    print(f"Installing RabbitMQ 4 into {root} (some minutes, once) ...", file=sys.stderr)
    root.parent.mkdir(parents=True, exist_ok=True)
    half = root.with_name(f"{root.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", "--include=rabbitmq-server", _RELEASE]
    # An interrupted debootstrap would leave its mounts behind, so it gets its own mount namespace.
    done = subprocess.run([*_ALONE, *command, str(half)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        words = "\n".join(done.stdout.splitlines()[-5:])
        raise ServiceError(f"debootstrap could not install RabbitMQ 4:\n{words}")
    half.rename(root)


def main(arguments: list[str]) -> int:
    """The command line."""
    try:
        make(Path(arguments[0]).resolve())
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
