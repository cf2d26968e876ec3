"""Many schedulers at once, with connections of their own: each due time is run by one."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.service import email_service
from postroom.web.reporting.execution import claim, execute, runnable
from postroom.web.reporting.models import ReportSchedule, ReportScheduleExecution
from tests.support.reporting.records import NOON, SITE, make_schedule, make_user, subscribe

pytestmark = pytest.mark.django_db(transaction=True)
SCHEDULES, SCHEDULERS = 200, 5


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.SITE_URL = SITE


def scheduler(_: int) -> int:
    """One scheduler's round without the job's lock: how many schedules it ran."""
    ran = 0
    try:
        for pk in list(runnable(NOON).values_list("pk", flat=True)):
            with transaction.atomic():
                if execution := claim(pk, NOON):
                    ran += execute(execution, NOON, email_service.send_email_task)
    finally:
        connection.close()
    return ran


def test_five_schedulers_run_each_of_200_due_schedules_once() -> None:
    owner = make_user("owner")
    for n in range(SCHEDULES):
        subscribe(make_schedule(owner, name=f"Report {n}"), "ann")
    with ThreadPoolExecutor(SCHEDULERS) as pool:
        ran = list(pool.map(scheduler, range(SCHEDULERS)))
    assert sum(ran) == SCHEDULES
    assert ReportScheduleExecution.objects.count() == SCHEDULES
    assert EmailQueue.objects.count() == SCHEDULES
    assert not runnable(NOON).exists()


def test_a_scheduler_that_dies_leaves_the_due_time_to_the_next() -> None:
    schedule = make_schedule()
    subscribe(schedule, "ann")
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        assert claim(schedule.pk, NOON)
        raise KeyboardInterrupt
    assert ReportSchedule.objects.get().next_scheduled == NOON
    assert scheduler(0) == 1
