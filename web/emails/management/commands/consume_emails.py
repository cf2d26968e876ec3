"""`consume_emails`: starts the mailer, for users who expect a Django command."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postroom.shared.env import SettingsError
from postroom.web.emails.mailer_environment import mailer_environment


class Command(BaseCommand):
    """Replaces itself by `postroom-mailer run`, as `postroom.web` cannot import the mailer."""

    help = "Consume and send e-mails until stopped (becomes: postroom-mailer run)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--processes N, --check"""
        parser.add_argument(
            "--check",
            action="store_true",
            help="only check that database, RabbitMQ and SMTP can be used (postroom-mailer check)",
        )
        parser.add_argument("--processes", default="1", metavar="N", help="mailers to run")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace this process by the mailer, with what the site's settings say."""
        run = ["check"] if options["check"] else ["run", "--processes", options["processes"]]
        words = ["-m", "postroom.mailer", *run]
        try:
            environment = mailer_environment()
        except SettingsError as error:
            raise CommandError(str(error)) from error
        os.execve(sys.executable, [sys.executable, *words], environment)  # noqa: S606
