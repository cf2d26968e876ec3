"""`check_email_queue`: one line and an exit code for monitors like Nagios."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from web.emails import flow
from web.emails.cleanup import DurationError, parse_duration
from web.emails.verdict import Verdict, in_one_line, judge


class Command(BaseCommand):
    """Exit 0: all is well; 1: look at it soon; 2: mail does not flow."""

    help = (
        "Say in one line whether mail flows. Exit code 0: yes. 1: nearly a limit, something is "
        "paused or no mailer runs. 2: the oldest due e-mail or the failures passed a limit, or "
        "the database is away."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--max-age, --max-failed, --within"""
        parser.add_argument(
            "--max-age", default="10m", metavar="10m", help="Longest wait of a due e-mail."
        )
        parser.add_argument(
            "--max-failed", type=int, default=5, metavar="N", help="Most failures within --within."
        )
        parser.add_argument("--within", default="1h", metavar="1h", help="Failures since when.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the line and end with the code; nothing is changed."""
        try:
            max_age, within = parse_duration(options["max_age"]), parse_duration(options["within"])
        except DurationError as error:
            raise CommandError(str(error), returncode=Verdict.CRITICAL) from error
        try:
            now, ended = flow.read_flow(), flow.ended_within(within)
        except DatabaseError as error:
            text = " ".join(str(error).split())
            verdict, line = Verdict.CRITICAL, f"the database cannot be asked: {text}"
        else:
            verdict = judge(now, ended, max_age=max_age, max_failed=options["max_failed"])
            line = in_one_line(now, ended, within=options["within"])
        self.stdout.write(f"{verdict.name} - {line}")
        sys.exit(verdict)
