"""`load_demo_school`: a school of any size, and three report schedules, in bounded memory."""

import argparse
import random
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction
from django.utils import timezone

from postroom.web.systems.school import demo_school, materialised
from postroom.web.systems.school.models import (
    Student,
)


class Command(BaseCommand):
    """The same size always gives the same numbers."""

    help = "Fill empty tables with a school of N students, dated around today."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """--students, --today, --owner"""
        parser.add_argument("--students", type=int, default=200, metavar="N")
        parser.add_argument("--today", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--owner",
            metavar="USER",
            help="Also create a schedule of each report, owned by USER.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load everything or nothing.

        Raises:
            CommandError: there are already students, no such user exists, or N is below 1.
        """
        count, today = options["students"], options["today"] or timezone.localdate()
        if count < 1:
            raise CommandError("--students must be at least 1.")
        if Student.objects.exists():
            raise CommandError("There are already students; demo data would mix with them.")
        owner = User.objects.filter(username=options["owner"]).first()
        if options["owner"] is not None and owner is None:
            raise CommandError(f"There is no user {options['owner']!r}.")
        with transaction.atomic():
            rows = _load(count, today)
            for view in materialised.VIEWS:
                materialised.refresh(view)
            if owner:
                demo_school.make_schedules(owner, timezone.now())
        self.stdout.write(f"Loaded {rows} rows about {count} students for {today}.")


def _load(count: int, today: date) -> int:
    dice = random.Random(1)  # a fixed seed: the same school every time
    tutors, teachers = demo_school.make_staff(count)
    total = len(tutors) + len(teachers)
    students = demo_school.students(count, tutors, dice)
    # Never more in memory than a chunk of students with all their lessons.
    while chunk := list(islice(students, 500)):
        Student.objects.bulk_create(chunk)
        total += len(chunk)
        total += _insert(demo_school.lessons(chunk, teachers, today, dice))
        total += _insert(demo_school.scores(chunk, teachers, today, dice))
    return total


def _insert(rows: Iterator[models.Model]) -> int:
    total = 0
    while chunk := list(islice(rows, 2000)):
        type(chunk[0])._default_manager.bulk_create(chunk)
        total += len(chunk)
    return total
