"""`python -m dev.pages.settings_reference [--check]` writes docs/settings.md from the code."""

import sys
from collections.abc import Iterator

from dev.keeper import ROOT
from dev.pages.settings_meaning import ELSEWHERE, GROUPS, Meaning
from dev.pages.settings_reading import Asked, asked_for

PAGE = ROOT / "docs/settings.md"
_INTRODUCTION = """\
# Settings

<!-- Written by `python -m dev.pages.settings_reference` from dev/pages/settings_meaning.py. -->

All settings come from the environment. Each can also be given as `NAME_FILE`, the path of a file
that holds the value (a mounted secret); it wins over `NAME`. In a Django site of your own, write
them into its settings instead, as `POSTROOM = {"NAME": value}` with Python's types, or each as a
setting of its own name: `POSTROOM` wins over that, and both win over the environment. `manage.py
consume_emails` passes a mailer what the site's settings say; other mailers read the environment
only. A value that is empty or blank counts as not set; only passwords may be blanks. Web, relay,
jobs and mailer read a `.env` file in Postroom's own folder for names that are not set. With an
invalid value a process does not start; the error names the variable.

Names, types, bounds and defaults on this page come from the code; a test fails when they differ.
A *list* is separated by commas; a value with a comma is in double quotes. A number of seconds may
have a fraction. *yes* and *no* may also be 1 and 0, true and false, on and off.
"""
_HEAD = "| name | takes | default | meaning |\n|---|---|---|---|\n"
_ELSEWHERE = """
## Read elsewhere

Set by the environment Postroom runs in, or read only when needed; not as `NAME_FILE` unless noted.

| name | when it is not set | meaning |
|---|---|---|
"""


class MismatchError(Exception):
    """Code and settings_meaning.py disagree; the message says what to do."""


def page(asked: dict[str, Asked]) -> str:
    """The text of docs/settings.md.

    Raises:
        MismatchError: a setting has no meaning, a meaning no setting, or they disagree.
    """
    explained = {meaning.name for group in GROUPS for meaning in group.settings}
    if unexplained := sorted(asked.keys() - explained):
        raise MismatchError(f"Add a line to settings_meaning.py for {', '.join(unexplained)}.")
    if unread := sorted(explained - asked.keys()):
        raise MismatchError(
            f"No service reads {', '.join(unread)}: remove it from settings_meaning.py."
        )
    parts = [_INTRODUCTION]
    for group in GROUPS:
        parts.append(f"\n## {group.title}\n\n{_HEAD}")
        for meaning in group.settings:
            if missing := group.readers - asked[meaning.name].readers:
                services = ", ".join(missing)
                raise MismatchError(f"{meaning.name} is not read by {services}: move its line.")
            parts.append(_row(meaning, asked[meaning.name]))
    parts.append(_ELSEWHERE)
    parts += [f"| `{one.name}` | {one.unset} | {one.text} |\n" for one in ELSEWHERE]
    return "".join(parts)


def _row(meaning: Meaning, asked: Asked) -> str:
    if meaning.unset and asked.default:
        raise MismatchError(
            f"{meaning.name} has a default in the code: remove `unset` from its line."
        )
    default = _default(meaning, asked)
    return f"| `{meaning.name}` | {_takes(meaning, asked)} | {default} | {meaning.text} |\n"


def _takes(meaning: Meaning, asked: Asked) -> str:
    match asked.kind:
        case "integer" | "seconds":
            unit = "seconds" if asked.kind == "seconds" else meaning.unit or "number"
            return " ".join([unit, *_bounds(asked)])
        case "boolean":
            return "yes or no"
        case "choice":
            return ", ".join(f"`{word}`" for word in asked.choices)
        case "listing":
            return "list"
        case _:
            return "text"


def _bounds(asked: Asked) -> Iterator[str]:
    if asked.least:
        yield f"from {_plain(asked.least)}"
    if asked.most and asked.most < 2**31:
        yield f"to {_plain(asked.most)}"


def _plain(bound: float) -> str:
    return f"{bound:.0f}" if bound >= 10**6 else f"{bound:g}"


def _default(meaning: Meaning, asked: Asked) -> str:
    match asked.default:
        case None:
            return meaning.unset or "required"
        case bool() as yes:
            return "yes" if yes else "no"
        case int() as number if meaning.unit == "bytes":
            return f"{number} ({number / 2**20:g} MiB)"
        case int() | float() as number:
            return _with_words(float(number)) if asked.kind == "seconds" else str(number)
        case text:
            return f"`{text}`" if text else meaning.unset


def _with_words(seconds: float) -> str:
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds > size and seconds % size == 0:
            return f"{seconds:.0f} ({seconds / size:.0f} {word})"
    return f"{seconds:g}"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check report whether it is up to date."""
    try:
        text = page(asked_for())
    except MismatchError as mismatch:
        print(mismatch, file=sys.stderr)
        return 1
    if arguments == ["--check"]:
        if PAGE.read_text() == text:
            return 0
        print(
            "docs/settings.md is stale: run python -m dev.pages.settings_reference", file=sys.stderr
        )
        return 1
    if arguments:
        print("Usage: python -m dev.pages.settings_reference [--check]", file=sys.stderr)
        return 2
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
