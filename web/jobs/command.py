"""`JobCommand`: the base class of every scheduled job's command."""

import os
import sys
import threading
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TextIO, cast
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from postroom.shared.numbers import whole_number
from postroom.shared.process.stopping import StopSignals
from postroom.shared.telemetry.logs import verbosity
from postroom.web.jobs import cron, dry_run, history, locked_run
from postroom.web.jobs.history import Cause
from postroom.web.jobs.lock import Refusal
from postroom.web.jobs.registry import Job, find
from postroom.web.jobs.run import Run, Start
from postroom.web.jobs.run_result import RunResult
from postroom.web.jobs.status import RunStatus, Trigger

# The exit code of a program ended by SIGTERM (128 + 15): a scheduler may start the job again.
STOPPED_CODE = 143
# The exit code of a program ended by SIGPIPE (128 + 13): its output is no longer read.
UNREAD_CODE = 141
# A host's clock may be this far behind the clock of the scheduler that starts its jobs.
_CLOCKS_DIFFER = timedelta(seconds=30)


class JobCommand(BaseCommand):
    """Runs `run_job` once, however many hosts start it, and records its history.

    Exit codes: 0 done, or refused because another process runs the job; 1 the run failed, some
    items failed, the lock was lost, or the database is unavailable; 143 stopped by SIGTERM or
    Ctrl-C.
    """

    lock_ceiling: ClassVar[timedelta] = timedelta(hours=24)
    # Checks load the code of every page, and a refusal must not wait for that.
    requires_system_checks: list[str] = []
    stealth_options = ("now",)

    def run_job(self, run: Run, **options: Any) -> None:
        """Do the work; `options` holds what `add_job_arguments` added."""
        raise NotImplementedError

    def add_job_arguments(self, parser: ArgumentParser) -> None:
        """Add the job's own options."""

    @property
    def task_name(self) -> str:
        """The name of the lock and of the job in the history: the command's name."""
        return type(self).__module__.rpartition(".")[2]

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line: SIGTERM and Ctrl-C end the run cleanly."""
        self._stop = StopSignals().install().stop
        try:
            super().run_from_argv(argv)
            sys.stdout.flush()
        except BrokenPipeError:
            # `| head` has read enough. Nothing more may be written, not even when Python exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(UNREAD_CODE)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options of every job, then the job's own."""
        parser.add_argument(
            "--dry-run", action="store_true", help="Show what would be sent; write nothing."
        )
        parser.add_argument(
            "--force", action="store_true", help="Take the lock even if another process holds it."
        )
        parser.add_argument(
            "--lock-timeout",
            type=_minutes,
            default=self.lock_ceiling,
            metavar="MINUTES",
            help="The longest time this run may hold its lock "
            f"(default {self.lock_ceiling / timedelta(minutes=1):g}).",
        )
        parser.add_argument(
            "--on-schedule",
            action="store_true",
            help="For schedulers that may start late: run for the schedule's latest due time.",
        )
        # Set by run_jobs: why it starts this process.
        parser.add_argument("--run", type=whole_number, help=SUPPRESS)
        parser.add_argument("--scheduled-for", type=_moment, help=SUPPRESS)
        parser.add_argument("--requested-by", default="", help=SUPPRESS)
        known = {action.dest for action in parser._actions}
        self.add_job_arguments(parser)
        self._own = {action.dest for action in parser._actions} - known

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the job, or print why it does not run.

        Raises:
            CommandError: with the exit code and a message of one line.
        """
        self._quiet = options.get("verbosity", 1) < 1
        try:
            with verbosity(options.get("verbosity", 1)):
                self._handle(options)
        except (DatabaseError, InterfaceError, psycopg.Error) as error:
            reason = " ".join(str(error).split())
            raise CommandError(f"{self.task_name}: database error: {reason}") from error

    def _handle(self, options: dict[str, Any]) -> None:
        job = find(self.task_name)
        now = options.get("now") or datetime.now(UTC)
        cause = self._cause(options, job, now)
        start = Start(
            now=now,
            timezone=ZoneInfo(job.timezone if job else settings.TIME_ZONE),
            stop=getattr(self, "_stop", None) or threading.Event(),
            due=cause.due,
        )

        def work(run: Run) -> None:
            self.run_job(run, **{name: options[name] for name in self._own})

        if options["dry_run"]:
            ended = dry_run.execute(work, start, out=cast(TextIO, self.stdout))
        else:
            taken = locked_run.take_lock(
                self.task_name, ceiling=_minutes(options["lock_timeout"]), force=options["force"]
            )
            if isinstance(taken, Refusal):
                history.refuse(cause, str(taken))
                self._say(f"Not run: {taken}")
                return
            ended = locked_run.execute(taken, work, start, cause)
            # Only now: a process that holds a lock must not fail at a pipe that nothing reads.
            if taken.taken_from:
                self.stdout.write(f"Took the lock of {taken.taken_from}")
        self._report(ended)

    def _cause(self, options: dict[str, Any], job: Job | None, now: datetime) -> Cause:
        if person := options["requested_by"]:
            return Cause(Trigger.RUN_NOW, requested_by=person, run_id=options["run"])
        if due := options["scheduled_for"]:
            return Cause(Trigger.SCHEDULE, due, run_id=options["run"])
        if not options["on_schedule"]:
            return Cause()
        if job is None:
            raise CommandError(f"{self.task_name} has no schedule: omit --on-schedule")
        until = now + _CLOCKS_DIFFER
        return Cause(Trigger.SCHEDULE, cron.latest(job.schedule, ZoneInfo(job.timezone), until))

    def _report(self, ended: RunResult) -> None:
        text = f"{self.task_name}: {ended}"
        if ended.status is RunStatus.COMPLETED:
            self._say(text)
            return
        if ended.status is RunStatus.REFUSED:
            self._say(f"Not run: {ended.error}")
            return
        code = STOPPED_CODE if ended.status is RunStatus.STOPPED else 1
        raise CommandError(text, returncode=code)

    def _say(self, text: str) -> None:
        # Cron mails everything that is printed: with --verbosity 0 only problems.
        if not self._quiet:
            self.stdout.write(text)


def _minutes(text: str | float | timedelta) -> timedelta:
    if isinstance(text, timedelta):  # already parsed; `call_command` may pass a plain number
        return text
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= 60 * 24 * 366:
        raise ArgumentTypeError(f"{text!r} is not a number of minutes greater than 0")
    return timedelta(minutes=minutes)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
