"""`cleanup_emails`: delete what is finished and old."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from web.emails import cleanup


class Command(BaseCommand):
    """Prints what it deleted; never touches an unfinished e-mail."""

    help = (
        "Delete finished e-mails asked for longer ago than --older-than, with their recipients, "
        "attempts and files. Pending, processing and unknown e-mails always stay."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--older-than, --dry-run, --batch-size"""
        parser.add_argument(
            "--older-than", required=True, type=_duration, metavar="90d", help="30m, 12h, 90d, 8w"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Change nothing and print the same counts."
        )
        parser.add_argument("--batch-size", type=_positive, default=1000, metavar="ROWS")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, or count."""
        older_than, dry_run = options["older_than"], options["dry_run"]
        try:
            if dry_run:
                counts = cleanup.count_old(older_than)
            else:
                counts = cleanup.delete_old(older_than, batch_size=options["batch_size"])
        except DatabaseError as error:
            raise CommandError(f"The database refused: {str(error).strip()}") from error
        words = ", ".join(f"{counts[name]} {name}" for name in cleanup.COUNTED)
        self.stdout.write(f"{'Would delete' if dry_run else 'Deleted'}: {words}")


def _duration(text: str) -> Any:
    try:
        return cleanup.parse_duration(text)
    except cleanup.DurationError as error:
        raise ArgumentTypeError(str(error)) from error


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1_000_000):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000000.")
    return int(text)
