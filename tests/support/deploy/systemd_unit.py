"""Reads the service units in `deploy/systemd/`, as far as ours go (systemd.syntax(7))."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from dev.keeper import ROOT

FOLDER = ROOT / "deploy/systemd"
INSTALLED = "/opt/postroom"


@dataclass(frozen=True)
class Unit:
    """One unit file; a setting that stands several times has several values."""

    name: str
    settings: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> "Unit":
        """The file's settings, whatever their section."""
        settings: dict[str, list[str]] = {}
        for line in path.read_text().replace("\\\n", " ").splitlines():
            if line and not line.startswith(("#", "[")):
                name, _, value = line.partition("=")
                settings.setdefault(name, []).append(value)
        return cls(path.name, settings)

    def one(self, name: str) -> str:
        """The value of a setting that stands once."""
        (value,) = self.settings[name]
        return value

    def arguments(self, *, instance: str, runtime: Path) -> list[str]:
        """What its ExecStart gives to Python; `runtime` stands for /run."""
        command = self.one("ExecStart").replace("%i", instance).replace("%t", str(runtime))
        program, *arguments = shlex.split(command)
        assert program == f"{INSTALLED}/.venv/bin/python"
        return arguments

    def environment(self, *, instance: str) -> dict[str, str]:
        """What its Environment lines set."""
        lines = (line.replace("%i", instance) for line in self.settings.get("Environment", []))
        return dict(line.split("=", 1) for line in lines)


def services() -> dict[str, Unit]:
    """Every service unit, by its name without `.service`."""
    return {path.stem: Unit.read(path) for path in sorted(FOLDER.glob("*.service"))}
