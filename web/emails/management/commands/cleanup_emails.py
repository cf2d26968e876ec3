"""`cleanup_emails`: delete old finished e-mails."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.shared.numbers import whole_number
from postroom.web.emails.operating import cleanup


class Command(BaseCommand):
    """Prints what it has deleted; never deletes an unfinished e-mail."""

    help = (
        "Delete finished e-mails created longer ago than --older-than, with their recipients, "
        "attempts and files. Pending, processing and unknown e-mails always stay."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        """Join the duration to its option: argparse would parse `-3d` as another option."""
        joined: list[str] = []
        for word in argv:
            if joined and joined[-1] == "--older-than":
                joined[-1] += f"={word}"
            else:
                joined.append(word)
        super().run_from_argv(joined)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--older-than, --dry-run, --batch-size"""
        parser.add_argument(
            "--older-than", required=True, metavar="90d", help="A duration: 30m, 12h, 90d, 8w."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Change nothing and print the same counts."
        )
        parser.add_argument("--batch-size", type=whole_number, default=1000, metavar="ROWS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, or count."""
        dry_run, batch_size = options["dry_run"], options["batch_size"]
        try:
            older_than = cleanup.parse_duration(options["older_than"])
        except cleanup.DurationError as error:
            raise CommandError(f"--older-than: {error}") from error
        if not 0 < batch_size <= 1_000_000:
            raise CommandError(f"--batch-size: {batch_size} is not between 1 and 1000000.")
        try:
            if dry_run:
                counts = cleanup.count_old(older_than)
            else:
                counts = cleanup.delete_old(older_than, batch_size=batch_size)
        except DatabaseError as error:
            raise CommandError(f"The database refused: {str(error).strip()}") from error
        words = ", ".join(f"{counts[name]} {name}" for name in cleanup.COUNTED)
        self.stdout.write(f"{'Would delete' if dry_run else 'Deleted'}: {words}")
