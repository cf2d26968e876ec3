"""Builds what one of our Dockerfiles describes, without an engine, into a folder of its own.

The stage `build` is carried out as it is written, COPY and RUN, on this machine's system and
Python in place of the base image's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from dev.keeper import ROOT
from tests.support.containers.namespace import Mount, inside, whole_machine
from tests.support.deploy.dockerfile import (
    Instruction,
    environment,
    ignore_patterns,
    is_ignored,
    read_dockerfile,
)

_SECONDS = 300.0  # a RUN: it installs packages
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class Image:
    """One image: where it lies, and what it says about its containers."""

    def __init__(self, dockerfile: Path, folder: Path) -> None:
        self.folder = folder
        self._stages = read_dockerfile(dockerfile.read_text())
        self._ignored = ignore_patterns(dockerfile)
        (self._build,) = (stage for stage in self._stages if stage.name == "build")
        self._final = self._stages[-1]

    @property
    def environment(self) -> dict[str, str]:
        """What a container begins with."""
        given = {"PATH": _SYSTEM_PATH, "HOME": "/app"}
        return environment(self._stages, self._final, given)

    @property
    def user(self) -> tuple[int, int]:
        """User and group by number."""
        user, group = self._final.last("USER").text.split(":")
        return int(user), int(group)

    @property
    def command(self) -> list[str]:
        """What runs unless told otherwise."""
        return self._final.last("CMD").words

    def mounts(self, *, writable: bool = False) -> list[Mount]:
        """What the last stage takes from the stage `build`."""
        taken = (one.words[-1] for one in self._final.all("COPY"))
        return [Mount(path, f"{self.folder}{path}", writable) for path in taken]

    def build(self) -> None:
        """Carry out the stage `build`.

        Raises:
            AssertionError: a RUN failed; with its last words.
        """
        for mount in self.mounts():
            Path(mount.source).mkdir(parents=True)
        (self.folder / "root").mkdir()
        self._imitate_base()
        for one in self._build.instructions:
            match one.word:
                case "COPY":
                    self._copy(one)
                case "RUN":
                    self._run(one)

    def _imitate_base(self) -> None:
        """The base image's `python` and `pip`."""
        programs = {
            "python": sys._base_executable,  # type: ignore[attr-defined]  # no environment's
            "pip": f"{sys.executable} -m pip --disable-pip-version-check --quiet",
        }
        (self.folder / "bin").mkdir()
        for name, program in programs.items():
            script = self.folder / "bin" / name
            script.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
            script.chmod(0o755)

    def _copy(self, one: Instruction) -> None:
        *sources, target = one.words
        for source in sources:
            for file in _files(ROOT / source):
                name = file.relative_to(ROOT).as_posix()
                if is_ignored(name, self._ignored):
                    continue
                below = name.removeprefix(source) if source.endswith("/") else file.name
                copy = self.folder / "app" / target / below
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy, follow_symlinks=False)

    def _run(self, one: Instruction) -> None:
        base = {"PATH": f"{self.folder}/bin:{_SYSTEM_PATH}", "HOME": os.environ["HOME"]}
        values = environment(self._stages, self._build, base)
        # How pip reaches its packages here, and its cache, for which the RUN has a mount.
        pip = {k: v for k, v in os.environ.items() if k.startswith(("PIP_", "XDG_"))}
        mounts = [*whole_machine(), *self.mounts(writable=True)]
        done = subprocess.run(
            [*inside(self.folder / "root", mounts, user=None), "sh", "-ec", one.text],
            env=pip | values,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert done.returncode == 0, f"RUN {one.text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        return iter([path])
    return (one for one in path.rglob("*") if one.is_file() or one.is_symlink())
