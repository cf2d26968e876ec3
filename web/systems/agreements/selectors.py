"""The queries of the jobs: agreements with their events, a chunk at a time."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from django.db.models import QuerySet
from django.db.models.functions import Collate, Lower

from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.agreements.standing import EXPIRY_WARNING_DAYS

# Agreements held at once; each chunk costs one query for its events.
CHUNK: Final = 500


def in_force(today: date) -> Iterator[MOU]:
    """Every agreement whose last day is `today` or later, with its events; also one not begun."""
    return _chunked(MOU.objects.filter(end_date__gte=today).order_by("pk"))


def count_in_force(today: date) -> int:
    """The number of agreements in `in_force`."""
    return MOU.objects.filter(end_date__gte=today).count()


def expiring(today: date) -> Iterator[MOU]:
    """Every agreement that ends within 30 days, `today` included, with its events."""
    last = today + timedelta(days=EXPIRY_WARNING_DAYS)
    return _chunked(MOU.objects.filter(end_date__range=(today, last)).order_by("pk"))


def by_staff_coordinator(today: date) -> Iterator[tuple[str, Iterator[MOU]]]:
    """(address, their agreements in force, soonest end first) of every staff coordinator.

    As with `itertools.groupby`, read the agreements of one coordinator before the next one, so that
    there is never more than a chunk in memory.
    """
    begun = MOU.objects.filter(start_date__lte=today, end_date__gte=today)
    mous = begun.exclude(staff_coordinator_email="")
    # Sort and group by the same value, which is the comparison key of a stored address.
    reader = Lower(Collate("staff_coordinator_email", "C"))
    ordered = mous.annotate(reader=reader).order_by("reader", "end_date", "pk")
    return groupby(_chunked(ordered), key=attrgetter("reader"))


def _chunked(mous: QuerySet[MOU]) -> Iterator[MOU]:
    return mous.prefetch_related("events").iterator(chunk_size=CHUNK)
