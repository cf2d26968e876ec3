"""Measures a month's reminders (`python -m benchmarks.agreements`, below dev/services.py).

Each size runs in a new test database on the server of DATABASE_URL, and its memory is counted from
its own start. In the second run every e-mail has already been sent.
"""

import os
import sys
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

import django

SIZES = (1000, 10_000)
TODAY = date.today()


def main() -> None:
    """Measure and print; the arguments are sizes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
    os.environ.setdefault("SECRET_KEY", "of the benchmark only")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()
    print("agreements   mails  seconds  mails/s  queries per 1000 agreements  peak MiB")
    for size in map(int, sys.argv[1:] or SIZES):
        measure(size)


def measure(size: int) -> None:
    """Print one line for the first run and one for the second."""
    from django.db import connection

    from postroom.web.emails.models import EmailQueue

    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        fill(size)
        for _ in range(2):
            before, queries = EmailQueue.objects.count(), Counter()
            forget_peak()
            begun = perf_counter()
            with connection.execute_wrapper(queries):
                run()
            seconds = perf_counter() - begun
            mails = EmailQueue.objects.count() - before
            # The queue's insert does not use Django's cursor.
            per_thousand = (queries.count + mails) * 1000 / size
            print(
                f"{size:10}  {mails:6}  {seconds:7.1f}  {mails / seconds:7.0f}"
                f"  {per_thousand:27.0f}  {peak_mebibytes():8.0f}",
                flush=True,
            )
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


class Counter:
    """Counts the statements that pass through Django."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, *statement: Any) -> Any:
        self.count += 1
        return execute(*statement)


def forget_peak() -> None:
    """Reset the process's peak memory (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mebibytes() -> float:
    """The peak memory since `forget_peak`, in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def fill(size: int) -> None:
    """Create agreements with two coordinators and four events each, a hundred at a time."""
    from postroom.web.systems.agreements.models import MOU, MOUEvent

    for numbers in (range(start, min(start + 100, size)) for start in range(0, size, 100)):
        mous = MOU.objects.bulk_create(
            MOU(
                title=f"Agreement {n}",
                organization="Riverside University",
                start_date=TODAY,
                end_date=TODAY + timedelta(days=n % 400),
                mou_coordinator_email=f"partner{n}@example.org",
                staff_coordinator_email=f"staff{n % 50}@example.org",
            )
            for n in numbers
        )
        MOUEvent.objects.bulk_create(
            MOUEvent(mou=mou, title=f"Event {n}", date=TODAY + timedelta(days=9 * n))
            for mou in mous
            for n in range(4)
        )


def run() -> None:
    """Run the job's command."""
    from django.core.management import call_command

    call_command("send_monthly_mou_emails", stdout=StringIO())


if __name__ == "__main__":
    main()
