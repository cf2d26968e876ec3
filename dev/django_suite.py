"""Django's own tests of e-mail, which only its source distribution has.

pip downloads the one of the version installed here into `.dev/django-source`, once, with the hash
that requirements/ locks it to. Nothing of it is in this repository.
"""

import fcntl
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django

from dev.keeper import ROOT
from dev.processes import ServiceError

_FOLDER = ROOT / ".dev" / "django-source"


def mail_tests() -> Path:
    """The folder with Django's test package `mail`.

    Raises:
        ServiceError: it cannot be downloaded, or no file of requirements/ locks this version.
    """
    version = django.get_version()
    place = _FOLDER / version
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers of pytest run at once
        if not (place / "mail").is_dir():
            with tempfile.TemporaryDirectory(dir=_FOLDER) as folder:
                _unpack(_download(version, Path(folder)), Path(folder) / "tests")
                (Path(folder) / "tests").rename(place)
    return place


def _download(version: str, folder: Path) -> Path:
    (folder / "requirements.txt").write_text(_locked(version))
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-deps", "--no-binary=:all:", "--require-hashes",
        f"--requirement={folder}/requirements.txt", f"--dest={folder}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ServiceError(f"pip could not download Django {version}:\n{done.stderr[-2000:]}")
    (found,) = folder.glob("[dD]jango-*.tar.gz")
    return found


def _locked(version: str) -> str:
    """The lines of requirements/ for Django, with the hashes of its files."""
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        pattern = rf"^django=={re.escape(version)} \\\n(?:    --hash=\S+(?: \\)?\n)+"
        if found := re.search(pattern, file.read_text(), re.MULTILINE):
            return found[0]
    raise ServiceError(f"No file of requirements/ locks Django {version}.")


def _unpack(source: Path, place: Path) -> None:
    """Only tests/mail, which becomes `place`/mail."""
    with tarfile.open(source) as archive:
        for member in archive.getmembers():
            _, _, rest = member.name.partition("/tests/mail/")
            if rest and member.isfile():
                target = place / "mail" / rest
                target.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None  # noqa: S101 - a regular file
                target.write_bytes(content.read())
