"""`render_schedules`: write the files in `deploy/` that start the jobs, or check them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postroom.web.jobs import schedules
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.registry import registered


class Command(BaseCommand):
    """Needs no database."""

    help = "Write the files in deploy/ (cron, systemd, Windows, Kubernetes) from the list of jobs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--check, --deploy"""
        parser.add_argument(
            "--check",
            action="store_true",
            help="Change nothing; exit with 1 if a file is not up to date.",
        )
        parser.add_argument(
            "--deploy",
            type=Path,
            default=Path("deploy"),
            metavar="FOLDER",
            help="Where the files are (deploy, below the current folder).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or check."""
        try:
            files = schedules.render(registered())
        except JobError as error:
            raise CommandError(str(error)) from error
        act = schedules.differences if options["check"] else schedules.write
        found = act(files, options["deploy"])
        for name, wrong in sorted(found.items()):
            self.stdout.write(f"{wrong}: {name}")
        if options["check"] and found:
            raise CommandError("Not up to date: run python manage.py render_schedules")
        self.stdout.write(f"{len(files)} files for {len(registered())} jobs are up to date.")
