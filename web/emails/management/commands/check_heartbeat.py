"""`check_heartbeat`: whether this host's relay or scheduler works, for health checks."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.web.emails.heartbeat import heard_from_here
from postroom.web.emails.operating.queue_figures import SILENT_SECONDS


class Command(BaseCommand):
    """A container's health check: it runs beside the process it asks about."""

    help = (
        f"Say whether a relay or scheduler of this host was heard from in the last "
        f"{SILENT_SECONDS:g} s. Exit code 0: yes. 1: no, or the database is away."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """relay or scheduler"""
        parser.add_argument("kind", choices=["relay", "scheduler"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask the heartbeat table; nothing is changed."""
        kind = options["kind"]
        try:
            heard = heard_from_here(kind, SILENT_SECONDS)
        except DatabaseError as error:
            text = " ".join(str(error).split())
            raise CommandError(f"The database cannot be asked: {text}") from error
        if not heard:
            raise CommandError(f"No {kind} of this host was heard from for {SILENT_SECONDS:g} s.")
        self.stdout.write(f"The {kind} of this host is alive.")
