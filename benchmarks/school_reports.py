"""Prints what reports cost (`python -m benchmarks.school_reports`, below dev/services.py).

Each size runs in a new test database of the server that DATABASE_URL names, smallest first, so that
memory that grows with the students shows: their demo data, the views' refresh, and the student
report in each format.
"""

import os
import resource
import sys
from collections.abc import Callable
from io import StringIO
from time import perf_counter
from typing import Any

import django

SIZES = (1000, 10_000)


def main() -> None:
    """Measure and print; sizes may be given as arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "web.settings")
    os.environ.setdefault("SECRET_KEY", "of the benchmark only")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()
    print("students  what       seconds  file KiB  peak MiB")
    for size in map(int, sys.argv[1:] or SIZES):
        measure(size)


def measure(size: int) -> None:
    """One line for each step."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from web.reports import exports, materialised
    from web.reports.builders import registry
    from web.reports.formats import Format

    def write(file_format: Format) -> int:
        report = registry.build("student", timezone.localdate())
        return len(exports.export(report, file_format)[1])

    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        show(size, "load", call_command, "load_demo_school", students=size, stdout=StringIO())
        show(size, "refresh", lambda: [*map(materialised.refresh, materialised.VIEWS)])
        for one in Format:
            show(size, one.value, write, one)
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


def show(size: int, what: str, step: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    """Time one step; its answer is a file's size when it is a number."""
    begun = perf_counter()
    answer = step(*arguments, **options)
    seconds = perf_counter() - begun
    kib = f"{answer / 1024:8.0f}" if isinstance(answer, int) else f"{'-':>8}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{size:8}  {what:9}  {seconds:7.2f}  {kib}  {peak:8.0f}", flush=True)


if __name__ == "__main__":
    main()
