"""What every list of the console shows around its rows: tabs, chips, links that keep filters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from postroom.web.console import formats

PAST: Final = "past"  # the key after which the page continues
ROWS: Final = 50  # of a page


@dataclass(frozen=True, slots=True)
class Tab:
    """One state, with how many rows are in it; `count` is empty where it is not known."""

    label: str
    link: str
    count: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, and the link that takes it away."""

    label: str
    value: str
    remove: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a filter offers."""

    value: str
    label: str
    is_chosen: bool


def link(values: Mapping[str, str], **changes: str) -> str:
    """The query string of `values` with `changes`, without empty ones; from the first page on."""
    changed = {name: value for name, value in {**values, **changes}.items() if value}
    if PAST not in changes:
        changed.pop(PAST, None)
    return f"?{urlencode(changed)}"


def chips(
    values: Mapping[str, str], labels: Mapping[str, str], words: Mapping[str, str]
) -> list[Chip]:
    """A chip for each of `labels` that has a value; `words`: how a value is called, by name."""
    return [
        Chip(label, words.get(name, values[name]), link(values, **{name: ""}))
        for name, label in labels.items()
        if values.get(name)
    ]


def choices(pairs: Iterable[tuple[str, str]], chosen: str) -> list[Choice]:
    """The values a filter offers, the chosen one among them although it may be of no row."""
    offered = dict(pairs)
    if chosen:
        offered.setdefault(chosen, chosen)
    return [Choice(value, label, value == chosen) for value, label in offered.items()]


def capped(number: int, more: bool) -> str:
    """`340`, or `10 000+`."""
    return f"{formats.number(number)}+" if more else formats.number(number)
