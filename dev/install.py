"""Finds programs that no wheel contains, and installs them as root on Debian or Ubuntu."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dev.processes import ServiceError, tail

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Debian's wrapper on PATH switches users; the scripts it wraps run as the current user.
_RABBITMQ = Path("/usr/lib/rabbitmq/bin")


def find_rabbitmq() -> Path | None:
    """The folder that holds rabbitmq-server and rabbitmqctl, or None."""
    if (_RABBITMQ / "rabbitmq-server").exists() and shutil.which("erl"):
        return _RABBITMQ
    found = shutil.which("rabbitmq-server")
    return None if found is None else Path(found).parent


def docker_answers() -> bool:
    """Whether a Docker engine responds."""
    if shutil.which("docker") is None:
        return False
    try:
        done = subprocess.run(["docker", "info"], capture_output=True, timeout=15)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def can_install() -> bool:
    """Whether we are root on Debian, Ubuntu or a derivative."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def ensure_chromium() -> str:
    """Path of a Chromium or Chrome for the browser tests, installed if necessary.

    Raises:
        ServiceError: there is none and it cannot be installed here.
    """
    if (path := _find_chromium()) is None and can_install():
        apt_install("chromium")
        path = _find_chromium()
    if path is None:
        raise ServiceError("Browser tests need Chromium or Google Chrome: install either one.")
    return path


def _find_chromium() -> str | None:
    return next(filter(None, map(shutil.which, _CHROMIUM)), None)


def ensure_promtool() -> str:
    """Path of promtool, which tests alert rules; installed with Prometheus if necessary.

    Raises:
        ServiceError: there is none and it cannot be installed here.
    """
    if shutil.which("promtool") is None and can_install():
        apt_install("prometheus")
    if (path := shutil.which("promtool")) is None:
        raise ServiceError("Tests of the alert rules need promtool: install Prometheus.")
    return path


def ensure_pgbouncer() -> str:
    """Path of PgBouncer, which a test puts between site and database; installed if necessary.

    Raises:
        ServiceError: there is none and it cannot be installed here.
    """
    folders = f"{os.environ['PATH']}:/usr/sbin"
    if shutil.which("pgbouncer", path=folders) is None and can_install():
        apt_install("pgbouncer")
    if (path := shutil.which("pgbouncer", path=folders)) is None:
        raise ServiceError("The test behind a pooler needs PgBouncer: install it.")
    return path


def apt_install(package: str) -> None:
    """Install a package without starting its service; we start our own on another port.

    Raises:
        ServiceError: apt-get failed; with the end of its output.
    """
    print(f"Installing {package} with apt-get (a minute or two, once) ...", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        with tempfile.NamedTemporaryFile(prefix="postroom-apt-", suffix=".log") as log:
            # A source that fails to update may not matter: the install decides.
            for arguments in (["update"], ["install", "-y", "--no-install-recommends", package]):
                code = subprocess.call(
                    ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=600", *arguments],
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            if code:
                words = tail(Path(log.name), 5)
                raise ServiceError(f"apt-get could not install {package}:\n{words}")
    finally:
        if ours:
            policy.unlink(missing_ok=True)
