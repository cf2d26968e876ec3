"""Thousands of agreements: a bounded number of queries, and everybody gets their mail."""

import gc
from collections.abc import Iterable
from datetime import timedelta
from weakref import WeakSet

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun
from postroom.web.systems.agreements import selectors
from postroom.web.systems.agreements.models import MOU, MOUEvent
from tests.support.job_runs import TODAY, run_job

pytestmark = pytest.mark.django_db


def make_mous(count: int, *, ends_in: int = 100, every: int = 1) -> None:
    """`count` agreements with two events each; of `every` so many one has a coordinator."""
    mous = MOU.objects.bulk_create(
        MOU(
            title=f"Agreement {n}",
            organization="Riverside University",
            start_date=TODAY - timedelta(days=9),
            end_date=TODAY + timedelta(days=ends_in),
            staff_coordinator_email="" if n % every else f"staff{n % 100}@example.org",
        )
        for n in range(count)
    )
    MOUEvent.objects.bulk_create(
        MOUEvent(mou=mou, title=f"Event {n}", date=TODAY) for mou in mous for n in range(2)
    )


@pytest.mark.parametrize(("mous", "queries"), [(500, 2), (2000, 5), (4000, 9)])
def test_reading_takes_one_query_and_one_a_chunk(mous: int, queries: int) -> None:
    make_mous(mous)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        found = sum(len(mou.events.all()) for mou in selectors.in_force(TODAY))
    assert found == 2 * mous
    assert len(captured) == queries


def most_held(mous: Iterable[MOU]) -> int:
    """How many of the agreements read are held at once, at worst."""
    alive: WeakSet[MOU] = WeakSet()
    most = 0
    for number, mou in enumerate(mous):
        alive.add(mou)
        if number % selectors.CHUNK == 0:
            gc.collect()  # an agreement and its prefetched events refer to each other
            most = max(most, len(alive))
    return most


def test_agreements_are_let_go_chunk_by_chunk() -> None:
    make_mous(4000)
    assert most_held(selectors.in_force(TODAY)) <= 2 * selectors.CHUNK


def test_agreements_of_one_coordinator_are_let_go_chunk_by_chunk() -> None:
    make_mous(4000)
    MOU.objects.update(staff_coordinator_email="all@example.org")
    groups = selectors.by_staff_coordinator(TODAY)
    assert [most_held(mous) <= 2 * selectors.CHUNK for _, mous in groups] == [True]


@pytest.mark.parametrize("job", ["send_monthly_mou_emails", "send_expiry_warnings"])
def test_queries_grow_with_the_mails_and_not_faster(job: str) -> None:
    def queries(mous: int) -> int:
        MOU.objects.all().delete()
        EmailQueue.objects.all().delete()
        make_mous(mous, ends_in=20, every=10)
        with CaptureQueriesContext(connection) as captured:
            run_job(job)
        assert EmailQueue.objects.count() == mous // 10
        return len(captured)

    few, many = queries(500), queries(1000)
    # The second chunk costs what the first did, and the run itself costs only once.
    assert many - few <= few


@pytest.mark.parametrize("job", ["send_monthly_mou_emails", "send_expiry_warnings"])
def test_each_of_ten_thousand_agreements_is_mailed_or_counted_as_skipped(job: str) -> None:
    make_mous(10_000, ends_in=3, every=10)
    run_job(job)
    run = JobRun.objects.get()
    assert (run.found, run.queued, run.skipped, run.failed) == (10_000, 1000, 9000, 0)
    assert EmailQueue.objects.count() == 1000


def test_ten_thousand_agreements_make_one_summary_a_coordinator() -> None:
    make_mous(10_000)
    run_job("send_weekly_summary")
    summaries = EmailQueue.objects.all()
    assert len(summaries) == 100
    assert {summary.context["total"] for summary in summaries} == {100}
