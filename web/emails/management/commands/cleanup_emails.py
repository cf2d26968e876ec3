"""`cleanup_emails`: delete old finished e-mails, or erase their content."""

from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.shared.numbers import whole_number
from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.emails.operating import cleanup
from postroom.web.emails.operating.deciding import histories

_DELETE: Final = "--older-than"
_ERASE: Final = "--content-after"


class Command(BaseCommand):
    """Prints what it has deleted; never touches an unfinished e-mail."""

    help = (
        "Delete finished e-mails created longer ago than --older-than, with their recipients, "
        "attempts and files, and what ended longer ago in the histories of jobs, notices, reports "
        "and bulk actions. With --content-after, erase bodies, contexts and files of those "
        "created longer ago, and keep the rest as facts: they cannot be sent again. Pending, "
        "processing and unknown e-mails always stay."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        """Join a duration to its option: argparse would parse `-3d` as another option."""
        joined: list[str] = []
        for word in argv:
            if joined and joined[-1] in (_DELETE, _ERASE):
                joined[-1] += f"={word}"
            else:
                joined.append(word)
        super().run_from_argv(joined)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--older-than, --content-after, --dry-run, --batch-size"""
        parser.add_argument(_DELETE, metavar="90d", help="A duration: 30m, 12h, 90d, 8w.")
        parser.add_argument(_ERASE, metavar="30d", help="A duration, shorter than --older-than.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Change nothing and print the same counts."
        )
        parser.add_argument("--batch-size", type=whole_number, default=1000, metavar="ROWS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, then erase; or count."""
        require_postgresql("cleanup_emails")
        dry_run, batch_size = options["dry_run"], options["batch_size"]
        older_than = _duration(_DELETE, options["older_than"])
        content_after = _duration(_ERASE, options["content_after"])
        if older_than is None and content_after is None:
            raise CommandError(f"Give {_DELETE}, {_ERASE} or both, for example {_DELETE} 90d.")
        if older_than and content_after and content_after >= older_than:
            raise CommandError(
                f"{_ERASE} is not shorter than {_DELETE}: those e-mails are deleted by then."
            )
        if not 0 < batch_size <= 1_000_000:
            raise CommandError(f"--batch-size: {batch_size} is not between 1 and 1000000.")
        if older_than:
            delete = cleanup.count_old if dry_run else cleanup.delete_old
            did = "delete" if dry_run else "Deleted"
            self._run(did, delete, older_than, cleanup.COUNTED, options)
            self._run(
                did, histories.count if dry_run else histories.delete, older_than, (), options
            )
        if content_after:
            erase = cleanup.count_content if dry_run else cleanup.erase_content
            self._run(
                "erase" if dry_run else "Erased", erase, content_after, cleanup.ERASED, options
            )

    def _run(
        self,
        did: str,
        work: Callable[..., Mapping[str, int]],
        age: timedelta,
        names: tuple[str, ...],  # all counts, or empty: those that are not 0
        options: Mapping[str, Any],
    ) -> None:
        size = {} if options["dry_run"] else {"batch_size": options["batch_size"]}
        try:
            counts = work(age, **size)
        except DatabaseError as error:
            raise CommandError(f"The database refused: {str(error).strip()}") from error
        shown = names or [name for name, count in counts.items() if count]
        if not shown:
            return
        words = ", ".join(f"{counts[name]} {name}" for name in shown)
        self.stdout.write(f"{'Would ' if options['dry_run'] else ''}{did}: {words}")


def _duration(option: str, text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return cleanup.parse_duration(text)
    except cleanup.DurationError as error:
        raise CommandError(f"{option}: {error}") from error
