"""`consume_emails`: starts the mailer, for users who expect a Django command."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Replaces itself by `postroom-mailer run`, as `postroom.web` cannot import the mailer."""

    help = "Consume and send e-mails until stopped (becomes: postroom-mailer run)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--processes N"""
        parser.add_argument("--processes", default="1", metavar="N", help="mailers to run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process by the mailer."""
        arguments = [
            sys.executable,
            "-m",
            "postroom.mailer",
            "run",
            "--processes",
            options["processes"],
        ]
        # The package must be importable from any folder, as with manage.py.
        path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        folders = ",".join(map(str, settings.EMAIL_TEMPLATE_DIRS))
        own = {"PYTHONPATH": path, "EMAIL_TEMPLATE_DIRS": folders}
        os.execve(sys.executable, arguments, os.environ | own)  # noqa: S606
