"""RabbitMQ of another Debian release, in a folder of its own: `python -m dev.rabbitmq_root FOLDER`.

With `POSTROOM_RABBITMQ_ROOT=FOLDER` all our nodes run from there.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from dev import chroot
from dev.processes import ServiceError

VARIABLE = "POSTROOM_RABBITMQ_ROOT"
SCRIPTS = Path("usr/lib/rabbitmq/bin")
# Debian 13 has RabbitMQ 4.0.
_RELEASE = "trixie"


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


def main(arguments: list[str]) -> int:
    """The command line."""
    try:
        chroot.install(Path(arguments[0]).resolve(), "rabbitmq-server", _RELEASE)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
