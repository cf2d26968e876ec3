"""`report_duty_delinquents`: members who fly but do no duty, to board and duty officers."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run
from postroom.web.systems.club import letters, selectors
from postroom.web.systems.club.csv_table import csv_table
from postroom.web.systems.club.delinquency import is_delinquent, lookback_start
from postroom.web.systems.club.letter_queue import once_each, send
from postroom.web.systems.club.models import MemberRole


class Command(JobCommand):
    """One e-mail per recipient, month and options; none if every flying member does duty."""

    help = "Report members who flew and did no duty to the board and the duty officers."
    sends_again = True

    def add_job_arguments(self, parser: ArgumentParser) -> None:
        """--lookback-months, --min-flights"""
        parser.add_argument("--lookback-months", type=_count, default=12, metavar="MONTHS")
        parser.add_argument("--min-flights", type=_count, default=1, metavar="FLIGHTS")

    def run_job(self, run: Run, **options: Any) -> None:
        """The members are read once for all recipients."""
        months, min_flights = options["lookback_months"], options["min_flights"]
        until = run.due_day
        since = lookback_start(until, months)
        found = [
            (member.name, member.flight_count)
            for member in selectors.flying_members(since, until)
            if is_delinquent(member.flight_count, member.duty_count, min_flights)
        ]
        run.found(len(found))
        if not found:
            return
        mail: dict[str, Any] = {
            "context": letters.duty_delinquents(found, since, until, min_flights),
            "attachments": [
                ("duty-delinquents.csv", csv_table(("Member", "Flights"), found), "text/csv")
            ],
        }
        roles = MemberRole.Role.BOARD, MemberRole.Role.DUTY_OFFICER
        key = f"{until:%Y-%m}:{months}:{min_flights}"
        for member in run.progress(once_each(selectors.with_role(*roles))):
            send(run, member, "duty_delinquents", key=key, **mail)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1200):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1200")
    return int(text)
