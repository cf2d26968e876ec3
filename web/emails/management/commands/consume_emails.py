"""`consume_emails`: the mailer under the name Django users expect."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Becomes `python -m mailer run`: the mailer needs no Django, and web imports no mailer."""

    help = "Consume and send e-mails until stopped (becomes: python -m mailer run)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--processes N"""
        parser.add_argument("--processes", default="1", metavar="N", help="mailers to run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process by the mailer."""
        arguments = [sys.executable, "-m", "mailer", "run", "--processes", options["processes"]]
        os.execv(sys.executable, arguments)  # noqa: S606
