"""Measures reports (`python -m benchmarks.school_reports`, below dev/services.py).

Each size runs in a new test database on the server of DATABASE_URL: demo data, the refresh of the
views, and the student report in each format. Each step runs in its own process, so that its peak
memory is its own: `grown` is what it needed more than a process that has only started.
"""

import json
import os
import re
import subprocess
import sys
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

import django
from psycopg.conninfo import make_conninfo

SIZES = (1000, 10_000)
STEPS = ("load", "refresh", "csv", "xlsx", "pdf")


def main() -> None:
    """Measure and print every step of every size, or run one step and print JSON."""
    parser = ArgumentParser(description="Measures time and memory of reports.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, help="numbers of students")
    parser.add_argument("--step", choices=STEPS, help="only this step, in DATABASE_URL itself")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
    os.environ.setdefault("SECRET_KEY", "of the benchmark only")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    django.setup()
    if arguments.step:
        print(json.dumps(measured(arguments.step, arguments.sizes[0])))
        return
    print("students  step       seconds  file KiB  grown MiB  peak MiB")
    for size in arguments.sizes:
        measure(size)


def measure(size: int) -> None:
    """Print one line per step."""
    from django.db import connection

    database = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    try:
        for step in STEPS:
            command = [sys.executable, "-m", __spec__.name, str(size), "--step", step]
            child = subprocess.run(
                command, env=os.environ | {"DATABASE_URL": url}, check=True, capture_output=True
            )
            found = json.loads(child.stdout)
            print(
                f"{size:8}  {step:9}  {found['seconds']:7.2f}  {found['file'] / 1024:8.0f}"
                f"  {found['grown'] / 1024**2:9.1f}  {found['peak'] / 1024**2:8.0f}",
                flush=True,
            )
    finally:
        connection.creation.destroy_test_db(database, verbosity=0)


def measured(step: str, size: int) -> dict[str, Any]:
    """Seconds, size of the file in bytes (0: none), and memory in bytes of one step."""
    work = steps(size)[step]
    before, begun = peak(), perf_counter()
    file = work()
    seconds, after = perf_counter() - begun, peak()
    return {"seconds": seconds, "file": file, "grown": after - before, "peak": after}


def steps(size: int) -> dict[str, Any]:
    """The function of each step; it returns the size of the file it made, or 0."""
    from django.core.management import call_command
    from django.utils import timezone

    from postroom.web.reporting import exports, registry
    from postroom.web.reporting.formats import Format
    from postroom.web.systems.school import materialised

    def load() -> int:
        call_command("load_demo_school", students=size, stdout=StringIO())
        return 0

    def refresh() -> int:
        for view in materialised.VIEWS:
            materialised.refresh(view)
        return 0

    def write(file_format: Format) -> int:
        report = registry.build("student_report", timezone.localdate())
        return len(exports.export(report, file_format)[1])

    files = {one.value: lambda one=one: write(one) for one in Format}
    return {"load": load, "refresh": refresh, **files}


def peak() -> int:
    """The peak memory of this process, in bytes.

    Not `getrusage`: it returns the parent process's peak if that was larger.
    """
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) * 1024


if __name__ == "__main__":
    main()
