"""`sample_job`: sends as many e-mails as asked, and waits, fails or writes where asked to.

With SAMPLE_GATE its module waits for that file: a process that has started and not begun its run.
"""

import os
import signal
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from django.contrib.auth.models import Group

from postroom.web.jobs.command import JobCommand
from postroom.web.jobs.running.run import Run

while (gate := os.environ.get("SAMPLE_GATE")) and not Path(gate).exists():
    time.sleep(0.01)


class Command(JobCommand):
    """Each item is one e-mail with an idempotency key, and with --write one row more."""

    help = "A job for tests."
    sends_again = True
    lock_ceiling: ClassVar[timedelta] = timedelta(minutes=30)

    def add_job_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--items", type=int, default=1)
        parser.add_argument("--fail-at", type=int, default=-1)
        parser.add_argument("--bad-at", type=int, default=-1)
        parser.add_argument("--write", action="store_true")
        parser.add_argument("--unguarded", action="store_true")
        parser.add_argument("--running", type=Path, help="written when it waits")
        parser.add_argument("--until", type=Path, help="wait for this file")
        parser.add_argument("--pause-at", type=int, default=0, help="before this item")
        parser.add_argument("--chunk", type=int, default=500)
        parser.add_argument("--die-at", default="", help="numbers; once each, marked in --marks")
        parser.add_argument("--marks", type=Path, help="a folder")
        parser.add_argument("--trip-at", type=int, default=-1, help="a passing error, marked too")
        parser.add_argument("--rows", action="store_true", help="read all groups first")
        parser.add_argument("--deaf", action="store_true", help="do not stop while waiting")

    def run_job(self, run: Run, **options: Any) -> None:
        if options["rows"]:
            for _group in run.progress(Group.objects.order_by("pk"), chunk=options["chunk"]):
                run.changed()
        if options["unguarded"]:
            Group.objects.create(name="written in a dry run")
        for number in run.progress(range(options["items"]), chunk=options["chunk"]):
            if str(number) in options["die_at"].split(",") and _marked(options, number):
                os.kill(os.getpid(), signal.SIGKILL)
            if number == options["trip_at"] and _marked(options, number):
                raise TimeoutError("a server was away")
            if number == options["pause_at"]:
                _wait(run, options)
            if number == options["fail_at"]:
                raise LookupError(f"item {number} is missing")
            run.found()
            if options["write"] and not run.dry_run:
                Group.objects.create(name=f"item {number}")
                run.changed()
            address = "nobody at all" if number == options["bad_at"] else "ann@example.org"
            run.send(
                email_type="sample",
                subject=f"Item {number}",
                recipients=[address],
                plain_body=f"Written on {run.today}",
                idempotency_key=f"sample-{number}",
                source_app="sample_jobs",
            )


def _marked(options: dict[str, Any], number: int) -> bool:
    """Whether it is the first time."""
    mark: Path = options["marks"] / str(number)
    first = not mark.exists()
    mark.touch()
    return first


def _wait(run: Run, options: dict[str, Any]) -> None:
    if options["running"]:
        options["running"].write_text("running")
    until = options["until"]
    while until and not until.exists() and (options["deaf"] or not run.stop_requested):
        time.sleep(0.01)
