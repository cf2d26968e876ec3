"""`check_heartbeat`: whether this host's relay or scheduler is running, for health checks."""

from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.web.emails.heartbeat import heard_from_here
from postroom.web.emails.needs_postgresql import require_postgresql

# Longer than until the console calls it silent: a health check ends what it finds unhealthy.
SILENT_SECONDS: Final = 30.0


class Command(BaseCommand):
    """A container's health check; it runs on the same host as the process."""

    help = (
        f"Check that a relay or scheduler on this host has reported in the last "
        f"{SILENT_SECONDS:g} s. Exit status: 0 yes; 1 no, or the database is not available."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """relay or scheduler"""
        parser.add_argument("kind", choices=["relay", "scheduler"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Query the heartbeat table; changes nothing."""
        require_postgresql("check_heartbeat")
        kind = options["kind"]
        try:
            heard = heard_from_here(kind, SILENT_SECONDS)
        except DatabaseError as error:
            text = " ".join(str(error).split())
            raise CommandError(f"Cannot query the database: {text}") from error
        if not heard:
            raise CommandError(f"No {kind} on this host has reported for {SILENT_SECONDS:g} s.")
        self.stdout.write(f"The {kind} on this host is running.")
