"""Where Postroom's settings come from in a Django site, as one mapping of texts."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.functional import Promise

from postroom.shared.env import SettingsError

_FILE = "_FILE"


class SettingsLayers(Mapping[str, str]):
    """`POSTROOM` before Django's settings of the same names before the environment.

    Looked up again each time. `get` of `NAME_FILE` finds the environment's only if no setting has
    `NAME`: what a site writes in its settings counts more than where it runs.

    Raises:
        SettingsError: a value is not a text, a number, yes or no, a path, a list or a
            dictionary of these.
    """

    def __getitem__(self, name: str) -> str:
        value = of_site(name)
        if value is None and of_site(name.removesuffix(_FILE)) is None:
            return os.environ[name]
        if value is None:
            raise KeyError(name)
        return as_text(name, value)

    def __iter__(self) -> Iterator[str]:
        return iter({*own(), *os.environ})

    def __len__(self) -> int:
        return len({*own(), *os.environ})


def own() -> Mapping[str, Any]:
    """`POSTROOM` of the site's settings; empty when there is none.

    Raises:
        SettingsError: it is not a dictionary.
    """
    found = getattr(settings, "POSTROOM", None) or {}
    if not isinstance(found, Mapping):
        raise SettingsError(f"POSTROOM must be a dictionary, not {type(found).__name__}")
    return found


def as_text(name: str, value: object) -> str:
    """The value as the environment would have it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str | Promise | int | float | Path):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        parts = [as_text(name, part) for part in value]
        return ",".join(f'"{part}"' if "," in part else part for part in parts)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {as_text(name, part)}" for key, part in value.items())
    raise SettingsError(
        f"{name} is {type(value).__name__}; it must be a text, a number, True or False, "
        "a list or a dictionary"
    )


def of_site(name: str) -> Any:
    """What the site's settings say, if they say anything: Django's own defaults do not count."""
    value = own().get(name)
    if value is None and settings.is_overridden(name):
        value = getattr(settings, name, None)
    return value
