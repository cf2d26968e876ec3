"""`run_jobs`: Postroom's own scheduler, for sites without cron or Kubernetes."""

from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from postroom.shared.process.stopping import StopSignals
from postroom.shared.telemetry.site_logs import show_lines
from postroom.web.emails.needs_postgresql import require_postgresql
from postroom.web.jobs.logs import log
from postroom.web.jobs.running.lock import owner_name
from postroom.web.jobs.scheduling.scheduler import Scheduler
from postroom.web.startup_checks import log_findings


class Command(BaseCommand):
    """Runs until SIGTERM or SIGINT; several may run at the same time."""

    help = "Start scheduled jobs when they are due (runs until stopped; several may run)."
    # The checks would load the pages and keep them in memory.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--once"""
        parser.add_argument(
            "--once",
            action="store_true",
            help="Start what is due now, wait for it, and exit: with 0 if every job succeeded.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the scheduler."""
        require_postgresql("run_jobs")
        show_lines()
        scheduler, signals = Scheduler(), StopSignals().install()
        if options["once"]:
            try:
                scheduler.run_once(signals)
            except (DatabaseError, InterfaceError, psycopg.Error) as error:
                raise CommandError(f"run_jobs: {' '.join(str(error).split())}") from error
            if scheduler.children.failures:
                raise CommandError(f"run_jobs: {scheduler.children.failures} jobs failed")
            return
        log.info("scheduler_started", scheduler=owner_name())
        log_findings()
        scheduler.run(signals)
        log.info("scheduler_stopped", scheduler=owner_name())
