"""The options of every job's command, and their types."""

from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta

from postroom.shared.numbers import whole_number


def add(parser: ArgumentParser, *, ceiling: timedelta, sends_again: bool) -> None:
    """Add the options that every job has."""
    parser.add_argument(
        "--dry-run", action="store_true", help="Show what would be sent; write nothing."
    )
    parser.add_argument(
        "--force", action="store_true", help="Take the lock even if another process holds it."
    )
    parser.add_argument(
        "--lock-timeout",
        type=minutes,
        default=ceiling,
        metavar="MINUTES",
        help="The longest time this run may hold its lock "
        f"(default {ceiling / timedelta(minutes=1):g}).",
    )
    if sends_again:
        parser.add_argument(
            "--again",
            action="store_true",
            help="Send on purpose what this period's e-mails have said already; once per day.",
        )
    parser.add_argument(
        "--on-schedule",
        action="store_true",
        help="For schedulers that may start late: run for the schedule's latest due time.",
    )
    parser.add_argument(
        "--scheduled-for",
        type=moment,
        metavar="TIME",
        help="For schedulers that know the due time (ISO 8601, UTC unless it has an offset).",
    )
    parser.add_argument(
        "--only-on-days",
        type=days,
        metavar="DAYS",
        help="For schedulers that cannot combine days and weekdays: do nothing unless the due "
        "day is one of these days of the month (1,3,5).",
    )
    # Set by run_jobs: why it starts this process.
    parser.add_argument("--run", type=whole_number, help=SUPPRESS)
    parser.add_argument("--requested-by", default="", help=SUPPRESS)


def minutes(text: str | float | timedelta) -> timedelta:
    """A number of minutes greater than 0, at most a year.

    Raises:
        ArgumentTypeError: it is not.
    """
    if isinstance(text, timedelta):  # already parsed; `call_command` may pass a plain number
        return text
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 60 * 24 * 366:
        raise ArgumentTypeError(f"{text!r} is not a number of minutes greater than 0")
    return timedelta(minutes=number)


def moment(text: str) -> datetime:
    """A moment as ISO 8601 writes it.

    Raises:
        ArgumentTypeError: it is not.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a time like 2026-12-01T08:00:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def days(text: str) -> frozenset[int]:
    """Days of the month, separated by commas.

    Raises:
        ArgumentTypeError: one is not a number from 1 to 31.
    """
    found = frozenset(int(part) if part.isdecimal() else 0 for part in text.split(","))
    if not found <= set(range(1, 32)):
        raise ArgumentTypeError(f"{text!r} is not a list of days like 1,15,31")
    return found
