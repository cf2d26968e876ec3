"""Each Dockerfile: clean, pinned, built apart from what runs, and not root."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.keeper import ROOT
from tests.support.deploy.compose_file import PINNED
from tests.support.deploy.dockerfile import ignore_patterns, is_ignored, read_dockerfile

DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))


def lint(path: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("hadolint")), "--no-color", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_linter_finds_nothing_in_a_dockerfile(path: Path) -> None:
    done = lint(path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_linter_finds_a_base_that_is_not_pinned(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM python:latest\n")
    assert "DL3007" in lint(path).stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_image_is_built_apart_pinned_and_not_root(path: Path) -> None:
    base, build, final = read_dockerfile(path.read_text())
    assert PINNED.fullmatch(base.base), base.base
    assert (build.base, final.base) == (base.name, base.name)
    assert [one.flags["from"] for one in final.all("COPY")] == [build.name] * 2
    user, group = final.last("USER").text.split(":")
    assert min(int(user), int(group)) > 1000
    assert final.last("HEALTHCHECK").text.startswith('CMD ["python", "docker/probe.py"')
    assert final.instructions[-1].word == "CMD"
    (install,) = (one.text for one in build.all("RUN") if "pip" in one.text)
    assert "--require-hashes" in install


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_every_file_that_is_copied_reaches_the_build(path: Path) -> None:
    patterns = ignore_patterns(path)
    copied = [
        source
        for stage in read_dockerfile(path.read_text())
        for one in stage.all("COPY")
        if "from" not in one.flags
        for source in one.words[:-1]
    ]
    assert copied
    for source in copied:
        files = [path for path in (ROOT / source).rglob("*") if path.is_file()] or [ROOT / source]
        names = [file.relative_to(ROOT).as_posix() for file in files if file.exists()]
        assert not all(is_ignored(name, patterns) for name in names), source
    for secret in (".env", "secrets/secret_key", ".git/config", "web/__pycache__/urls.pyc"):
        assert is_ignored(secret, patterns)


def test_mailer_has_no_django() -> None:
    locked = (ROOT / "requirements/mailer.txt").read_text().lower()
    assert "psycopg==" in locked
    assert "django" not in locked
