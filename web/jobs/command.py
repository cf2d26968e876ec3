"""`JobCommand`: the base class of every scheduled job's command."""

import os
import sys
import threading
import time
from argparse import ArgumentParser
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, TextIO, cast
from zoneinfo import ZoneInfo

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, connection

from postroom.shared.env import SettingsError
from postroom.shared.process.stopping import StopSignals
from postroom.shared.telemetry.logs import verbosity
from postroom.shared.telemetry.site_logs import show_lines
from postroom.web.conf import conf
from postroom.web.jobs import channels, command_options
from postroom.web.jobs.channels import Outcome
from postroom.web.jobs.job import Job
from postroom.web.jobs.logs import log
from postroom.web.jobs.registry import find
from postroom.web.jobs.running import dry_run, failures, history, its_day, locked_run, waiting
from postroom.web.jobs.running.history import Cause, Counts
from postroom.web.jobs.running.lock import Lock, Refusal, owner_name
from postroom.web.jobs.running.run import Run, Start
from postroom.web.jobs.running.run_result import RunResult
from postroom.web.jobs.status import RunStatus, Trigger
from postroom.web.jobs.timing import due_time

# The exit code of a program ended by SIGTERM (128 + 15): a scheduler may start the job again.
STOPPED_CODE = 143
# The exit code of a program ended by SIGPIPE (128 + 13): its output is no longer read.
UNREAD_CODE = 141


class JobCommand(BaseCommand):
    """Runs `run_job` once, however many hosts start it, and records its history.

    Exit codes: 0 done, or refused because another process runs the job, or not a day on which it
    runs; 1 the run failed, some items failed, the lock was lost, or the database is unavailable;
    143 stopped by SIGTERM or Ctrl-C. A run that a scheduler started is tried again, in the same
    process, if it failed for a reason that may pass.
    """

    lock_ceiling: ClassVar[timedelta] = timedelta(hours=24)
    # Whether it has --again. Not for a job whose e-mails' keys are known elsewhere too.
    sends_again: ClassVar[bool] = False
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
        show_lines()
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
        command_options.add(parser, ceiling=self.lock_ceiling, sends_again=self.sends_again)
        known = {action.dest for action in parser._actions}
        self.add_job_arguments(parser)
        self._own = {action.dest for action in parser._actions} - known

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the job, or print why it does not run.

        Raises:
            CommandError: with the exit code and a message of one line.
        """
        self._quiet = options.get("verbosity", 1) < 1
        self._known_cause: Cause | None = None
        self._began = time.monotonic()
        stop = getattr(self, "_stop", None) or threading.Event()
        with verbosity(options.get("verbosity", 1)):
            ended = self._tries(options, stop)
        if ended is not None:
            self._report(ended)

    def _tries(self, options: dict[str, Any], stop: threading.Event) -> RunResult | None:
        """Run until the run has ended, or has failed for a reason that another try cannot help.

        A run that a person starts is tried once: they see why it failed.
        """
        scheduled = _by_scheduler(options) and not options["dry_run"]
        most = conf.job_retries if scheduled else 0
        for tries in count():
            ended = error = None
            try:
                ended = self._handle(options, stop, tries)
            except (DatabaseError, InterfaceError, psycopg.Error) as failure:
                error = failure
            except SettingsError as problem:
                raise CommandError(str(problem)) from problem
            may_pass = failures.may_pass(error) if error else bool(ended and ended.may_pass)
            if not may_pass or tries >= most or stop.is_set():
                break
            pause = waiting.before_try(tries + 1)
            why = failures.reason(error) if error else ended and ended.error
            log.warning("job_tried_later", task=self.task_name, seconds=pause, error=why)
            if not connection.in_atomic_block:
                connection.close()
            stop.wait(pause)
        if error is not None:
            reason = failures.reason(error)
            self._announce(options, RunResult(RunStatus.FAILED, Counts(), 0.0, reason))
            raise CommandError(f"{self.task_name}: database error: {reason}") from error
        self._announce(options, ended)
        return ended

    def _announce(self, options: dict[str, Any], ended: RunResult | None) -> None:
        """Report how the last try ended to the channels; not a dry run."""
        if ended is None or ended.status is RunStatus.REFUSED or options["dry_run"]:
            return
        due = self._known_cause.due if self._known_cause else None
        job = find(self.task_name)
        channels.announce(Outcome(job, self.task_name, ended, due, owner_name()))

    def _handle(
        self, options: dict[str, Any], stop: threading.Event, tries: int
    ) -> RunResult | None:
        job = find(self.task_name)
        now = options.get("now") or datetime.now(UTC)
        if self._known_cause is None:
            self._known_cause = replace(
                self._cause(options, job, now),
                deadline=job.deadline if job and _by_scheduler(options) else None,
                process_began=self._began,
            )
        cause = replace(self._known_cause, retries=tries)
        zone = ZoneInfo(job.timezone if job else settings.TIME_ZONE)
        day, dry = (cause.due or now).astimezone(zone).date(), options["dry_run"]
        try:
            why = its_day.why_not(job, cause, day, only=options["only_on_days"])
        except Exception as error:  # noqa: BLE001
            # Whatever a site's function raises: that too is a run that failed.
            return its_day.unknown(self.task_name, cause, error, dry_run=dry)
        if why:
            if not dry:
                history.end_unbegun(self.task_name, cause, RunStatus.OMITTED, why)
            self._say(f"Not run: {why}")
            return None
        start = Start(now, zone, stop, cause.due, again=options.get("again", False))

        def work(run: Run) -> None:
            self.run_job(run, **{name: options[name] for name in self._own})

        if options["dry_run"]:
            return dry_run.execute(work, start, out=cast(TextIO, self.stdout))
        taken = self._take_lock(options, stop)
        if isinstance(taken, Refusal):
            history.refuse(cause, str(taken))
            self._say(f"Not run: {taken}")
            return None
        ended = locked_run.execute(taken, work, start, cause)
        # Only now: a process that holds a lock must not fail at a pipe that nothing reads.
        if taken.taken_from:
            self.stdout.write(f"Took the lock of {taken.taken_from}")
        return ended

    def _take_lock(self, options: dict[str, Any], stop: threading.Event) -> Lock | Refusal:
        ceiling = command_options.minutes(options["lock_timeout"])

        def take() -> Lock | Refusal:
            return locked_run.take_lock(self.task_name, ceiling=ceiling, force=options["force"])

        taken = take()
        if isinstance(taken, Lock) or not _by_scheduler(options):
            return taken
        return waiting.until_free(taken, take, stop)

    def _cause(self, options: dict[str, Any], job: Job | None, now: datetime) -> Cause:
        if person := options["requested_by"]:
            return Cause(Trigger.RUN_NOW, requested_by=person, run_id=options["run"])
        if due := options["scheduled_for"]:
            return Cause(Trigger.SCHEDULE, due, run_id=options["run"])
        if not options["on_schedule"]:
            return Cause()
        if job is None:
            raise CommandError(f"{self.task_name} has no schedule: omit --on-schedule")
        found = due_time.find(job, now)
        return Cause(Trigger.SCHEDULE, found) if found else Cause()

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


def _by_scheduler(options: dict[str, Any]) -> bool:
    return bool(options["on_schedule"] or options["scheduled_for"] or options["run"])
