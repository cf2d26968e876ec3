"""`render_schedules`: write the files in `deploy/` that start the jobs, or check them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from postroom.shared.env import SettingsError
from postroom.web.jobs import schedules
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.registry import registered
from postroom.web.jobs.schedules import Place
from postroom.web.option_types import folder

_PLACES: Final = {
    "folder": "The site's folder, with manage.py and .venv (/opt/postroom).",
    "windows-folder": "The same on Windows (C:\\Postroom).",
    "user": "Whose jobs they are, for cron and systemd (postroom-jobs).",
    "environment": "systemd's file with the settings (/etc/postroom/jobs.env).",
    "image": "The container image, for Kubernetes (postroom-web:0.1.0).",
    "prefix": "What begins each name, such as shop- (postroom- for units, nothing elsewhere).",
}
# What writing made of a difference.
_DONE: Final = {"missing": "written", "changed": "written again", "left over": "deleted"}


class Command(BaseCommand):
    """Needs no database."""

    help = "Write the files in deploy/ (cron, systemd, Windows, Kubernetes) from the list of jobs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--check, --deploy, and where the site is."""
        parser.add_argument(
            "--check",
            action="store_true",
            help="Change nothing; exit with 1 if a file is not up to date.",
        )
        parser.add_argument(
            "--deploy",
            type=folder,
            default=Path("deploy"),
            metavar="FOLDER",
            help="Where the files are (deploy, below the current folder).",
        )

        for name, text in _PLACES.items():
            parser.add_argument(f"--{name}", metavar=name.upper(), help=text)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or check."""
        try:
            given = {name.replace("-", "_") for name in _PLACES}
            place = Place(**{k: v for k, v in options.items() if k in given and v is not None})
            jobs = registered()
            files = schedules.render(jobs, place)
        except (JobError, SettingsError) as error:
            raise CommandError(str(error)) from error
        act = schedules.differences if options["check"] else schedules.write
        found = act(files, options["deploy"])
        for name, wrong in sorted(found.items()):
            self.stdout.write(f"{wrong if options['check'] else _DONE[wrong]}: {name}")
        if options["check"] and found:
            raise CommandError("Not up to date: run python manage.py render_schedules")
        self.stdout.write(f"{len(files)} files for {len(jobs)} jobs are up to date.")
