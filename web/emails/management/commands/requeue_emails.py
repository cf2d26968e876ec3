"""`requeue_emails`: give e-mails that were not sent a full set of new attempts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction

from postroom.shared.numbers import whole_number
from postroom.shared.status import REQUEUEABLE, Status
from postroom.shared.telemetry.logs import logger
from postroom.web.emails import selectors, transitions
from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.emails.operating.cleanup import DurationError, parse_duration

log = logger(__name__)
_BATCH = 1000


class Command(BaseCommand):
    """Works in batches, one transaction each; skips e-mails whose status has changed."""

    help = (
        "Requeue e-mails by status, age and type; give at least one of them, or --all. Addresses "
        "that accepted an e-mail do not get it again; an unknown e-mail may have arrived already. "
        "E-mails whose content was erased are skipped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--status, --since, --type, --limit, --all, --dry-run"""
        parser.add_argument(
            "--status",
            choices=sorted(status.value for status in REQUEUEABLE),
            help=f"Default: {Status.FAILED.value}.",
        )
        parser.add_argument("--since", metavar="24h", help="Only e-mails created in this period.")
        parser.add_argument("--type", metavar="TYPE", help="Only e-mails of this type.")
        parser.add_argument(
            "--limit", type=whole_number, metavar="N", help="At most N, oldest first."
        )
        parser.add_argument(
            "--all", action="store_true", help="Every failed e-mail there is, whatever its age."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only count.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Requeue, or count."""
        _check_filters(options)
        require_postgresql("requeue_emails")
        limit, status = options["limit"], Status(options["status"] or Status.FAILED)
        if limit is not None and limit < 1:
            raise CommandError(f"--limit: {limit} is less than 1.")
        try:
            since = None if options["since"] is None else parse_duration(options["since"])
        except DurationError as error:
            raise CommandError(f"--since: {error}") from error
        try:
            ids = selectors.ids_matching(
                status, since=since, email_type=options["type"], limit=limit
            )
            erased = selectors.count_erased(status, since=since, email_type=options["type"])
            moved = len(ids) if options["dry_run"] else _requeue(ids, status)
        except DatabaseError as error:
            raise CommandError(f"The database refused: {str(error).strip()}") from error
        did = "Would requeue" if options["dry_run"] else "Requeued"
        self.stdout.write(f"{did}: {moved} {status.value} e-mails")
        if erased:
            self.stdout.write(f"Left out, because their content was erased: {erased}")
        if options["dry_run"]:
            return
        log.info("requeued", count=moved, status=status.value, email_type=options["type"])
        if left := len(ids) - moved:
            self.stdout.write(f"Skipped, because their status changed in the meantime: {left}")


def _check_filters(options: dict[str, Any]) -> None:
    """Refuse a call that would take everything without saying so."""
    if options["type"] == "":
        raise CommandError("--type: is empty.")
    filtered = any(options[name] is not None for name in ("status", "since", "type", "limit"))
    if options["all"] and filtered:
        raise CommandError(
            "--all takes every failed e-mail; leave the filters out, or leave it out."
        )
    if not (options["all"] or filtered):
        raise CommandError(
            "Without a filter this would requeue every failed e-mail there is. Give --since, "
            "--type, --status or --limit, or say --all."
        )


def _requeue(ids: list[int], status: Status) -> int:
    moved = 0
    for start in range(0, len(ids), _BATCH):
        with transaction.atomic():
            batch = ids[start : start + _BATCH]
            still = selectors.lock_in_states(batch, {status}, with_content=True)
            moved += transitions.requeue(still)
    return moved
