"""`import_django_mailer`: import the queue and the don't-send list of django-mailer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from postroom.web.importing import django_mailer
from postroom.web.importing.command import add_options, importing
from postroom.web.importing.dont_send import suppress


class Command(BaseCommand):
    """Reads the tables by SQL; the package need not be installed. See docs/migrating.md."""

    help = (
        "Import waiting and deferred messages of django-mailer, and its don't-send list. Stop its "
        "sender first. A second run imports nothing twice. Exit status: 0 all rows are imported; 1 "
        "some are not; 2 the import could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--dry-run, --with-sent, --mark-imported, --source"""
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the list first, so that no address on it gets one of the e-mails."""
        with importing(self, options, name="django_mailer", tables=django_mailer.TABLES) as run:
            suppress(run)
            run.importer.take_over(django_mailer.Messages(run.source, key=run.key))
            if options["with_sent"]:
                run.importer.take_over(django_mailer.SentMessages(run.source, key=run.key))
