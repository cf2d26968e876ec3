"""Refreshes the four materialised views without blocking their readers."""

import time
from typing import Final

from django.db import connection, transaction
from django.db.models.functions import Now

from postroom.shared.telemetry.logs import logger
from postroom.web.systems.school.models.analytics import ViewRefresh

log = logger("postroom.web.reporting")

VIEWS: Final = (
    "postroom_school_studentsummary",
    "postroom_school_tutorweek",
    "postroom_school_teacherweek",
    "postroom_school_subjectmonth",
)


def refresh(view: str) -> float:
    """Refresh one view concurrently: readers see the old rows until the new ones are complete.

    Returns the seconds it took.

    Raises:
        ValueError: no such view.
    """
    if view not in VIEWS:
        raise ValueError(f"{view!r} is not one of {', '.join(VIEWS)}")
    begun = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        # A large school takes longer than the limit for requests.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {view}")
        seconds = time.monotonic() - begun
        ViewRefresh.objects.update_or_create(
            view=view, defaults={"refreshed_at": Now(), "seconds": seconds}
        )
    log.info("view_refreshed", view=view, seconds=round(seconds, 3))
    return seconds
