"""Loads demo data with its dates moved to today, so that the jobs have work on any day."""

import argparse
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from django.core import serializers
from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

# The day that the fixtures call today.
FIXTURE_DAY: Final = date(2026, 1, 1)


class LoadDemoCommand(BaseCommand):
    """Fills empty tables from a fixture; a subclass names it and the table that must be empty."""

    fixture: ClassVar[Path]
    first_model: ClassVar[type[models.Model]]

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """--today"""
        parser.add_argument(
            "--today",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="The day that the data is dated around; default today.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load everything or nothing."""
        if self.first_model._default_manager.exists():
            kind = self.first_model._meta.verbose_name_plural
            raise CommandError(f"There are already {kind}; demo data would overwrite some of them.")
        today = options["today"] or timezone.localdate()
        rows = load_shifted(self.fixture, today - FIXTURE_DAY)
        self.stdout.write(f"Loaded {rows} rows of demo data for {today}.")


def load_shifted(fixture: Path, shift: timedelta) -> int:
    """Load a JSON fixture with every date moved by `shift`; returns the number of rows."""
    loaded: list[type[models.Model]] = []
    with transaction.atomic(), fixture.open(encoding="utf-8") as file:
        for found in serializers.deserialize("json", file):
            row = found.object
            for field in row._meta.concrete_fields:
                value = getattr(row, field.attname)
                if isinstance(field, models.DateField) and value is not None:
                    setattr(row, field.attname, value + shift)
            found.save()
            loaded.append(type(row))
        # The rows have fixed ids; the next row added by hand must get another one.
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(set(loaded))):
                cursor.execute(statement)
    return len(loaded)
