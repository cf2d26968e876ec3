"""`check_email_queue`: one line and an exit status for monitors such as Nagios."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.emails.operating import queue_figures, unqueued
from postroom.web.emails.operating.cleanup import DurationError, parse_duration
from postroom.web.emails.operating.health_rules import Verdict, in_one_line, judge
from postroom.web.emails.operating.service_troubles import service_troubles


class Command(BaseCommand):
    """Exit status: 0 OK, 1 warning, 2 critical (no mail is being sent)."""

    help = (
        "Print one line that says whether mail is going out. Exit status: 0 OK; 1 warning (half "
        "of a limit is reached, a lane is paused, a mailer or relay does not work, or e-mails "
        "could not be queued); 2 critical "
        "(the longest wait or the failures exceed a limit, or the database is not available)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--max-age, --max-failed, --within"""
        parser.add_argument(
            "--max-age", default="10m", metavar="10m", help="Longest wait of a due e-mail."
        )
        parser.add_argument(
            "--max-failed", default="5", metavar="N", help="Most failures within that period."
        )
        parser.add_argument(
            "--within", default="1h", metavar="1h", help="Period in which failures count."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the line and exit with the status; changes nothing."""
        try:
            verdict, line = _look(options)
        except (DurationError, ValueError) as error:
            verdict, line = Verdict.CRITICAL, f"invalid option: {error}"
        except CommandError as error:
            verdict, line = Verdict.CRITICAL, str(error)
        except DatabaseError as error:
            text = " ".join(str(error).split())
            verdict, line = Verdict.CRITICAL, f"cannot query the database: {text}"
        # Errors are also printed to stdout: a monitor shows nothing else.
        self.stdout.write(f"{verdict.name} - {line}")
        sys.exit(verdict)


def _look(options: dict[str, Any]) -> tuple[Verdict, str]:
    require_postgresql("check_email_queue")
    max_age, within = parse_duration(options["max_age"]), parse_duration(options["within"])
    max_failed = str(options["max_failed"])
    if not (max_failed.isascii() and max_failed.isdigit()):
        raise ValueError(f"--max-failed: {max_failed!r} is not a whole number (0 or more).")
    now, ended = queue_figures.read_flow(), queue_figures.ended_within(within)
    verdict = judge(now, ended, max_age=max_age, max_failed=int(max_failed))
    line = in_one_line(now, ended, within=options["within"])
    if waiting := unqueued.sentences():
        verdict, line = max(verdict, Verdict.WARNING), f"{line}. {' '.join(waiting)}"
    if troubles := service_troubles():
        stops = any("no mail is sent" in trouble for trouble in troubles)
        verdict = max(verdict, Verdict.CRITICAL if stops else Verdict.WARNING)
        line = f"{'; '.join(troubles)}; {line}"
    return verdict, line
