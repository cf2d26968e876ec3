"""`import_post_office`: import the queue and the templates of django-post_office."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from postroom.web.importing import post_office
from postroom.web.importing.command import add_options, importing
from postroom.web.importing.template_export import export
from postroom.web.option_types import folder


class Command(BaseCommand):
    """Reads the tables by SQL; the package need not be installed. See docs/migrating.md."""

    help = (
        "Import queued, requeued, scheduled and failed e-mails of django-post_office. Stop its "
        "sender first. A second run imports nothing twice. Exit status: 0 all rows are imported; 1 "
        "some are not; 2 the import could not run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--dry-run, --with-sent, --mark-imported, --source, --files, --templates"""
        add_options(parser)
        parser.add_argument(
            "--files",
            type=folder,
            metavar="DIR",
            help="The old site's MEDIA_ROOT, for attachments.",
        )
        parser.add_argument(
            "--templates",
            type=folder,
            metavar="DIR",
            help="Only write the templates that can be converted, one folder each, to DIR.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import e-mails, or export templates."""
        with importing(self, options, name="post_office", tables=post_office.TABLES) as run:
            if options["templates"]:
                export(run, options["templates"])
                return
            run.importer.take_over(
                post_office.PostOffice(
                    run.source,
                    key=run.key,
                    files=options["files"],
                    with_sent=options["with_sent"],
                )
            )
