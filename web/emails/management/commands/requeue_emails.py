"""`requeue_emails`: give e-mails that were not sent a full set of new attempts."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.shared.numbers import whole_number
from postroom.shared.status import REQUEUEABLE, Status
from postroom.shared.telemetry.logs import logger
from postroom.web.emails import selectors, transitions
from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.emails.operating.cleanup import DurationError, parse_duration
from postroom.web.emails.operating.deciding.forecast import Fate, forecast

log = logger(__name__)
_BATCH = 1000
_LEFT_OUT = {
    Fate.EXPIRED: "they have expired (--expired sends them too)",
    Fate.SUPPRESSED: "every address still to be tried is on the suppression list",
    Fate.ERASED: "their content was erased",
    Fate.NOBODY: "every address accepted them",
}


class Command(BaseCommand):
    """Works in batches, one transaction each; skips e-mails whose status has changed."""

    help = (
        "Requeue e-mails by status, age and type; give at least one of them, or --all. Addresses "
        "that accepted an e-mail do not get it again; an unknown e-mail may have arrived already. "
        "Left out and counted: e-mails whose content was erased, whose addresses are all on the "
        "suppression list, and, unless you name that state or say --expired, that have expired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--status, --since, --type, --limit, --all, --expired, --dry-run"""
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
        parser.add_argument(
            "--expired",
            action="store_true",
            help="Also those whose time to be sent has passed, such as one-time codes.",
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
        expired = options["expired"] or status is Status.EXPIRED
        try:
            seen = forecast(
                "requeue",
                selectors.matching(status, since=since, email_type=options["type"]),
                named=[status],
                most=None,
            )
            ids = sorted([*seen.ids, *seen.expired_ids]) if expired else seen.ids
            ids = ids[:limit]
            moved = len(ids) if options["dry_run"] else _requeue(ids, status, expired=expired)
        except DatabaseError as error:
            raise CommandError(f"The database refused: {str(error).strip()}") from error
        did = "Would requeue" if options["dry_run"] else "Requeued"
        self.stdout.write(f"{did}: {moved} {status.value} e-mails")
        for fate, reason in _LEFT_OUT.items():
            count = seen.count(fate)
            if count and not (expired and fate is Fate.EXPIRED):
                self.stdout.write(f"Left out, because {reason}: {count}")
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


def _requeue(ids: list[int], status: Status, *, expired: bool) -> int:
    batches = (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
    return sum(len(transitions.requeue(batch, {status}, expired=expired)) for batch in batches)
