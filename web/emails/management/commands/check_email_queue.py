"""`check_email_queue`: what is wrong, in words, and an exit status for monitors such as Nagios."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.emails.operating.cleanup import DurationError, parse_duration
from postroom.web.emails.operating.health import Finding, Health, Limits, Verdict, look, words


class Command(BaseCommand):
    """Exit status: 0 OK, 1 warning, 2 critical (mail is not going out)."""

    help = (
        "Say whether mail is going out, by the same rules as the console. The first line names "
        "what is wrong, worst first, and the last one has the figures. Exit status: 0 OK; "
        "1 warning (half of a limit is reached, a lane is paused, a process or a job needs "
        "attention, or e-mails could not be queued); 2 critical (mail is not going out, or the "
        "database is not available)."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--max-age, --max-failed, --within"""
        parser.add_argument(
            "--max-age", default="10m", metavar="10m", help="Longest wait of a due e-mail."
        )
        parser.add_argument(
            "--max-failed",
            default="5",
            metavar="N",
            help="Most e-mails that failed through a fault of ours within that period; refusals "
            "by receivers do not count.",
        )
        parser.add_argument(
            "--within", default="1h", metavar="1h", help="Period in which failures count."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the lines and exit with the status; changes nothing."""
        try:
            require_postgresql("check_email_queue")
            health = look(_limits(options), ask_broker=True)
            verdict, text = health.verdict, _text(health)
        except (DurationError, ValueError) as error:
            verdict, text = Verdict.CRITICAL, f"invalid option: {error}"
        except CommandError as error:
            verdict, text = Verdict.CRITICAL, str(error)
        # Errors are also printed to stdout: a monitor shows nothing else.
        self.stdout.write(f"{verdict.name} - {text}")
        sys.exit(verdict)


def _limits(options: dict[str, Any]) -> Limits:
    max_failed = str(options["max_failed"])
    max_age, within = parse_duration(options["max_age"]), parse_duration(options["within"])
    if not (max_failed.isascii() and max_failed.isdigit()):
        raise ValueError(f"--max-failed: {max_failed!r} is not a whole number (0 or more).")
    return Limits(max_age=max_age, max_failed=int(max_failed), within=within)


def _text(health: Health) -> str:
    headline = health.figures.headline
    if not health.findings:
        return headline
    return "\n".join([*map(_words, health.findings), headline])


def _words(finding: Finding) -> str:
    since = f" Since {words.moment(finding.since)}." if finding.since else ""
    rest = " ".join(part for part in (finding.hurts, finding.recovers, finding.do) if part)
    page = f" Runbook: {finding.runbook}." if finding.runbook else ""
    return f"{finding.what}{since} {rest}{page}"
