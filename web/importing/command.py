"""What both import commands share: options, errors, the final table, exit statuses."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from postroom.shared.header_rules import HeaderError, check_text
from postroom.web.importing.importer import Importer
from postroom.web.importing.source import Source, SourceError, open_source

# Exit statuses; 0: every row is imported.
SOME_MISSING: Final = 1
NOT_DONE: Final = 2


@dataclass(frozen=True, slots=True)
class Import:
    """One run: the old database, the prefix of idempotency keys, and the importer."""

    source: Source
    key: str
    importer: Importer


def add_options(parser: ArgumentParser) -> None:
    """--dry-run, --with-sent, --mark-imported, --source"""
    parser.add_argument(
        "--dry-run", action="store_true", help="Check every row, print the table, write nothing."
    )
    parser.add_argument(
        "--with-sent", action="store_true", help="Also import sent e-mails, as completed."
    )
    parser.add_argument(
        "--mark-imported",
        action="store_true",
        help="Make sure that the old sender does not send imported rows (docs/migrating.md).",
    )
    parser.add_argument(
        "--source",
        metavar="NAME",
        help="A name for the old site if you import several; the same name in every run.",
    )


@contextmanager
def importing(
    command: BaseCommand, options: dict[str, Any], *, name: str, tables: Sequence[str]
) -> Iterator[Import]:
    """Open the old tables; at the end print the outcome of their rows.

    Raises:
        CommandError: with `NOT_DONE` if the tables, a database or an option cannot be used, with
            `SOME_MISSING` if some rows are not imported.
    """
    dry_run = bool(options["dry_run"])
    mark = bool(options["mark_imported"]) and not dry_run
    importer = Importer(command.stderr.write, dry_run=dry_run, mark=mark)
    site = options["source"]
    key = name if site is None else f"{name}:{_site(site)}"
    try:
        with ExitStack() as stack:
            if dry_run:
                stack.enter_context(_nothing_written())
            source = stack.enter_context(open_source(writable=mark))
            source.require(tables)
            stack.callback(_print, command, importer)
            yield Import(source, key, importer)
    except SourceError as error:
        raise CommandError(str(error).strip(), returncode=NOT_DONE) from error
    except (DatabaseError, psycopg.Error) as error:
        raise CommandError(
            f"The database refused: {str(error).strip()}\nRows imported so far stay. Run the "
            "command again: it continues where it stopped, and imports nothing twice.",
            returncode=NOT_DONE,
        ) from error
    if importer.tally.bad:
        raise CommandError(
            f"Not imported: {importer.tally.bad} rows, each named above. Fix them in the old "
            "tables, or let the old queue send them, and run the command again.",
            returncode=SOME_MISSING,
        )


@contextmanager
def _nothing_written() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _site(name: str) -> str:
    if not name:  # an unset variable of a script: two old sites would count as one
        raise CommandError("--source: is empty.", returncode=NOT_DONE)
    try:
        check_text(name, "name of --source", 100)
    except HeaderError as error:
        raise CommandError(str(error), returncode=NOT_DONE) from error
    return name


def _print(command: BaseCommand, importer: Importer) -> None:
    tally = importer.tally
    lines = [(f"imported as {status}", count) for status, count in sorted(tally.imported.items())]
    lines += [("imported before", tally.before), ("not imported", tally.bad)]
    command.stdout.write(f"Rows{' (dry run, nothing is written)' if importer.dry_run else ''}:")
    for what, count in lines:
        command.stdout.write(f"  {what:<24}{count:>10}")
