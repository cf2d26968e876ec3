"""Builds Postroom's wheel or sdist, and environments in which it is installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.keeper import ROOT

UV = Path(sys.executable).with_name("uv")


def copy_of_checkout(folder: Path) -> Path:
    """A copy with its links, so that a build writes nothing into the original."""
    shutil.copytree(
        ROOT,
        copy := folder / "postroom",
        symlinks=True,
        ignore=shutil.ignore_patterns(".*", "staticfiles", "build", "dist", "*.egg-info"),
    )
    return copy


def build(source: Path, kind: str, folder: Path | None = None) -> Path:
    """The built file; `kind` is `--wheel` or `--sdist`."""
    folder = folder or source.with_name(kind)
    run(UV, "build", kind, "--quiet", "--out-dir", folder, source)
    [built] = folder.glob("postroom-*")
    return built


def environment(folder: Path, *requirements: object) -> Path:
    """The Python of a new environment in which only this is installed."""
    python = folder / "environment/bin/python"
    run(UV, "venv", "--quiet", "--python", sys.executable, python.parents[1])
    install(python, *requirements)
    return python


def install(python: Path, *requirements: object) -> None:
    """Install what `uv pip install` would."""
    run(UV, "pip", "install", "--quiet", "--python", python, *requirements)


def run(*command: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """What the command prints; AssertionError with all of it when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=env if env is None else {"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
