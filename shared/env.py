"""Typed readers of the environment: `NAME`, or `NAME_FILE` holding a mounted secret.

Settings are read once at start. With an invalid value the process does not start; the error names
the variable.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from postroom.shared.errors import SettingsError as SettingsError


class Environment:
    """Reads settings from `values` (by default the process environment).

    An empty string counts as not set. `NAME_FILE` wins over `NAME`, and its content is stripped of
    the trailing newline that editors and secret mounts leave.

    Raises:
        SettingsError: every reader raises it for an invalid value; it names the variable.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(self, name: str, default: str = "") -> str:
        """The value as text."""
        file = self._values.get(f"{name}_FILE")
        if file:
            try:
                return Path(file).read_text().rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
                raise SettingsError(f"{name}_FILE: cannot read {file}: {reason}") from error
        return self._values.get(name) or default

    def required(self, name: str, example: str) -> str:
        """The value as text; it must be set."""
        value = self.text(name)
        if not value:
            raise SettingsError(f"{name} is not set. Set it, for example {name}={example}")
        return value

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        """The value as a whole number within bounds."""
        raw = self.text(name, str(default))
        try:
            value = int(raw)
        except ValueError:
            raise SettingsError(f"{name}={raw!r} is not a whole number") from None
        if not least <= value <= most:
            raise SettingsError(f"{name}={value} must be between {least} and {most}")
        return value

    def seconds(self, name: str, default: float, *, least: float = 0.0) -> float:
        """The value as a number of seconds."""
        raw = self.text(name, str(default))
        try:
            value = float(raw)
        except ValueError:
            raise SettingsError(f"{name}={raw!r} is not a number of seconds") from None
        if not least <= value < float("inf"):
            raise SettingsError(f"{name}={raw} must be at least {least:g} seconds")
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        """1/true/yes/on or 0/false/no/off."""
        raw = self.text(name, "1" if default else "0").strip().lower()
        if raw in {"1", "true", "yes", "on"}:
            return True
        if raw in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(f"{name}={raw!r} must be true or false")

    def choice(self, name: str, default: str, allowed: Iterable[str]) -> str:
        """One of `allowed`."""
        value, words = self.text(name, default), sorted(allowed)
        if value not in words:
            raise SettingsError(f"{name}={value!r} must be one of {', '.join(words)}")
        return value

    def listing(self, name: str, default: str = "") -> list[str]:
        """Values separated by commas."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]


def read_dotenv(path: Path) -> None:
    """Set the names of a development `.env` file's `NAME=value` lines that are not set yet.

    Raises:
        SettingsError: a line is not `NAME=value`.
    """
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign or not name.strip().isidentifier():
            raise SettingsError(f"{path.name} line {number}: expected NAME=value, found {line!r}")
        os.environ.setdefault(name.strip(), value.strip().strip("'\""))
