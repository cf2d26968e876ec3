"""`Run` by itself: its day, its chunks, its end; and the bar that shows it."""

import io
import re
import threading
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postroom.web.jobs.running.history import Counts
from postroom.web.jobs.running.progress import ProgressBar
from postroom.web.jobs.running.run import CHUNK, Run, Start

pytestmark = pytest.mark.django_db


class Delivered:
    """Takes e-mails, and remembers the chunks they came in."""

    def __init__(self) -> None:
        self.chunks: list[int] = []

    def deliver(self, mails: list[dict[str, Any]], counts: Counts) -> None:
        self.chunks.append(len(mails))
        counts.queued += len(mails)


def make_run(
    now: datetime = datetime(2026, 11, 22, 16, tzinfo=UTC), zone: str = "UTC"
) -> tuple[Run, Delivered, threading.Event]:
    stop, delivered = threading.Event(), Delivered()
    start = Start(now=now, timezone=ZoneInfo(zone), stop=stop)
    return Run(start, outgoing=delivered, commit=lambda _counts: None), delivered, stop


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", 22), ("Asia/Tokyo", 23), ("Europe/Berlin", 22), ("Pacific/Kiritimati", 23)],
)
def test_today_is_the_day_in_the_jobs_zone_wherever_the_clock_is(zone: str, day: int) -> None:
    for clock in ("UTC", "America/New_York"):
        now = datetime(2026, 11, 22, 16, tzinfo=UTC).astimezone(ZoneInfo(clock))
        run, _, _ = make_run(now, zone)
        assert run.today == date(2026, 11, day)
        assert run.now.tzinfo is UTC


def test_items_of_an_iterator_come_in_chunks() -> None:
    run, delivered, _ = make_run()
    for _ in run.progress(number for number in range(CHUNK + 1)):
        run.send(subject="x")
    run.finish()
    assert delivered.chunks == [CHUNK, 1]
    assert run.counts.queued == CHUNK + 1


def test_queryset_is_read_without_a_cursor_where_a_pooler_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Group.objects.bulk_create(Group(name=f"group {n}") for n in range(2 * CHUNK + 1))
    found = []
    for disabled in (False, True):
        monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", disabled)
        run, _, _ = make_run()
        with CaptureQueriesContext(connection) as captured:
            assert len(list(run.progress(Group.objects.order_by("pk")))) == 2 * CHUNK + 1
        found.append(any("DECLARE" in query["sql"] for query in captured.captured_queries))
    assert found == [True, False]


def test_each_item_can_be_a_chunk_of_its_own() -> None:
    run, delivered, _ = make_run()
    for _ in run.progress(range(3), chunk=1):
        run.send(subject="x")
    run.finish()
    assert delivered.chunks == [1, 1, 1]


def test_email_outside_of_a_loop_is_queued_at_once() -> None:
    run, delivered, _ = make_run()
    run.send(subject="x")
    assert delivered.chunks == [1]


def test_stop_ends_the_loop_and_keeps_what_was_done() -> None:
    run, _, stop = make_run()
    for number in run.progress(range(100)):
        run.send(subject="x")
        if number == 4:
            stop.set()
    run.finish()
    assert run.counts.queued == 5


def test_leaving_the_loop_early_is_told_not_swallowed() -> None:
    run, _, _ = make_run()
    for _ in run.progress(range(3)):
        run.send(subject="x")
        break
    with pytest.raises(RuntimeError, match="by break or return"):
        run.finish()
    assert run.counts.queued == 0


def test_loop_within_a_loop_is_refused() -> None:
    run, _, _ = make_run()
    with pytest.raises(RuntimeError, match="inside a loop"):
        for _ in run.progress(range(3)):
            list(run.progress(range(3)))


def test_counts_outside_of_a_loop_are_kept() -> None:
    run, _, _ = make_run()
    run.found(3)
    run.skip("no address")
    run.finish()
    assert str(run.counts) == "found 3, queued 0, skipped 1, failed 0"
    assert run.skipped == {"no address": 1}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_line_written_while_a_bar_stands_begins_at_the_edge() -> None:
    terminal = Terminal()
    bar = ProgressBar(20, stream=terminal)
    for _ in range(10):
        bar.advance()
    terminal.write("RECIPIENT  SUBJECT\n")
    assert "RECIPIENT  SUBJECT" in re.split(r"[\r\n]", terminal.getvalue())


def test_terminal_gets_a_bar_and_a_file_none() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        bar = ProgressBar(20, stream=stream)
        for _ in range(20):
            bar.advance()
        bar.chunk_committed()
        bar.end()
    assert terminal.getvalue().endswith(f"\r[{'#' * 30}] 20/20\n")
    assert file.getvalue() == ""
