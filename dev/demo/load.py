"""Loads the demo data of every system: `python -m dev.demo.load ACCOUNT`."""

import os
import sys
from collections.abc import Sequence
from typing import Final

import django
from django.core.management import CommandError, call_command

# Each fills empty tables, and refuses others.
_COMMANDS: Final = ("load_agreements_demo", "load_club_demo", "load_tracker_demo")


def main(arguments: Sequence[str]) -> int:
    """The command line; `ACCOUNT` becomes the owner of the report schedules."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
    django.setup()
    for command in _COMMANDS:
        _load(command)
    _load("load_demo_school", f"--owner={arguments[0]}")
    return 0


def _load(command: str, *arguments: str) -> None:
    try:
        call_command(command, *arguments)
    except CommandError as error:
        print(f"{command}: {error}")  # a given database may have the data of an earlier demo


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
