"""Typed readers of the environment: `NAME`, or `NAME_FILE` holding a mounted secret.

Settings are read once at start. With an invalid value the process does not start; the error names
the variable.
"""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from postroom.shared.errors import SettingsError as SettingsError
from postroom.shared.numbers import whole_number

_LISTED: Final = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^,"]|")+')
_QUOTED: Final = re.compile(r'"[^"]+"')
YEAR: Final = 366 * 86400.0  # seconds; the most that a setting takes
_SECONDS: Final = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]*)?|\.[0-9]+)")
# Line ends, other control characters, and bytes of the environment that are not UTF-8.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_IN_LINES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NAME: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 80  # characters of a value in an error


class Environment:
    """Reads settings from `values` (by default the process environment).

    An empty or blank value counts as not set. `NAME_FILE` wins over `NAME`, and its content is
    stripped of the trailing newline that editors and secret mounts leave.

    Raises:
        SettingsError: every reader raises it for an invalid value; it names the variable.
    """

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(
        self, name: str, default: str = "", *, lines: bool = False, blanks: bool = False
    ) -> str:
        """The value as one line of text, or with `lines` as several.

        `blanks`: blanks alone are a value too, as a password may be.
        """
        file = (self._values.get(f"{name}_FILE") or "").strip()
        value = _content(name, file) if file else self._values.get(name) or ""
        if not (value if blanks else value.strip()):
            return default
        if (_CONTROL_IN_LINES if lines else _CONTROL).search(value):
            # Without the value, which may be a password.
            where = f"{name}_FILE" if file else name
            raise SettingsError(
                f"{where} holds a control character or a byte that is not UTF-8 text"
                if lines
                else f"{where} must be one line of UTF-8 text without control characters"
            )
        return value

    def required(self, name: str, example: str) -> str:
        """The value as text; it must be set."""
        value = self.text(name)
        if not value:
            raise SettingsError(f"{name} is not set. Set it, for example {name}={example}")
        return value

    def integer(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        """The value as a whole number within bounds."""
        raw = self.text(name, str(default)).strip()
        try:
            value = whole_number(raw)
        except ValueError:
            raise SettingsError(f"{name}={shown(raw)} is not a whole number") from None
        if not least <= value <= most:
            raise SettingsError(f"{name}={raw} must be between {least} and {most}")
        return value

    def seconds(
        self, name: str, default: float, *, least: float = 0.0, most: float = YEAR
    ) -> float:
        """The value as a number of seconds within bounds."""
        raw = self.text(name, str(default)).strip()
        if not _SECONDS.fullmatch(raw):
            raise SettingsError(f"{name}={shown(raw)} is not a number of seconds")
        value = float(raw)
        if not least <= value <= most:
            raise SettingsError(
                f"{name}={shown(raw)} must be between {least:g} and {most:.0f} seconds"
            )
        return value

    def boolean(self, name: str, default: bool = False) -> bool:
        """1/true/yes/on or 0/false/no/off."""
        raw = self.text(name, "1" if default else "0").strip().lower()
        if raw in {"1", "true", "yes", "on"}:
            return True
        if raw in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(f"{name}={shown(raw)} must be true or false")

    def choice(self, name: str, default: str, allowed: Iterable[str]) -> str:
        """One of `allowed`."""
        value, words = self.text(name, default), sorted(allowed)
        if value not in words:
            raise SettingsError(f"{name}={shown(value)} must be one of {', '.join(words)}")
        return value

    def listing(self, name: str, default: str = "") -> list[str]:
        """Values separated by commas; a comma in double quotes belongs to its value."""
        parts = (part.strip() for part in _LISTED.findall(self.text(name, default)))
        return [part[1:-1] if _QUOTED.fullmatch(part) else part for part in parts if part]


def shown(value: str) -> str:
    """A value as an error shows it: quoted, and cut where it is long."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _content(name: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"{name}_FILE: cannot read {shown(file)}: {reason}") from error


def read_dotenv(path: Path) -> None:
    """Set the names of a development `.env` file's `NAME=value` lines that are not set yet.

    Raises:
        SettingsError: the file cannot be read, or a line is not `NAME=value`. The message never
            shows the line: it may hold a password.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"{path}: cannot be read: {reason}") from None
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        quote = value[:1] if value[:1] in {"'", '"'} else ""
        closed = len(value) > 1 and value.endswith(quote)
        if not sign or not _NAME.fullmatch(name) or (quote and not closed) or "\x00" in value:
            raise SettingsError(
                f"{path.name} line {number} is not like NAME=value or NAME='value' (it is not "
                "shown here, as it may hold a secret)"
            )
        os.environ.setdefault(name, value[1:-1] if quote else value)
