"""Reads `docker-compose.yml` as Compose does: anchors merged, variables replaced."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dev.keeper import ROOT

FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
# An image with at least two numbers of its version; a digest may follow.
PINNED = re.compile(r"[\w./-]+:\d+\.\d+(\.\d+)?[\w.-]*(@sha256:[0-9a-f]{64})?")
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def read_compose(values: Mapping[str, str] | None = None, file: Path = FILE) -> dict[str, Any]:
    """The file with the variables of a `.env` of these `values`; by default an empty one."""
    return _replaced(yaml.safe_load(file.read_text()), values or {})


def variables() -> dict[str, set[str]]:
    """Every variable, and the defaults it has (they should be one)."""
    found: dict[str, set[str]] = {}
    for name, default in _VARIABLE.findall(FILE.read_text()):
        found.setdefault(name, set()).add(default)
    return found


def _replaced(part: Any, values: Mapping[str, str]) -> Any:
    match part:
        case dict():
            return {key: _replaced(value, values) for key, value in part.items()}
        case list():
            return [_replaced(value, values) for value in part]
        case str():
            return _VARIABLE.sub(lambda found: values.get(found[1]) or found[2], part)
    return part
