"""Charts: true heights, a scale for each kind, words and a link for each bar."""

from datetime import UTC, datetime, timedelta

import pytest

from postroom.web.console.charts import HEIGHT, RANGES, WIDTH, chart, round_up
from postroom.web.emails.operating.console_lists import Period

START = datetime(2026, 11, 29, 15, 0, tzinfo=UTC)


def periods(*counts: tuple[int, int, int]) -> list[Period]:
    return [
        Period(
            START + timedelta(minutes=place), {"sent": sent, "failed": failed, "delayed": delayed}
        )
        for place, (sent, failed, delayed) in enumerate(counts)
    ]


def test_heights_are_true_and_failures_have_their_own_scale() -> None:
    sent, failed = chart(RANGES["hour"], periods((600, 0, 0), (6, 1, 0), (0, 2, 0))).panels
    assert (sent.top, sent.middle, sent.total) == (1000, 500, 606)
    assert [bar.height for bar in sent.bars] == [60.0, 0.6]
    assert (failed.top, failed.middle, failed.total) == (2, 1, 3)
    assert [bar.height for bar in failed.bars] == [50.0, 100.0]
    for bar in (*sent.bars, *failed.bars):
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
        assert bar.y + bar.height == pytest.approx(HEIGHT)


def test_bar_says_its_value_and_leads_to_its_emails() -> None:
    (bar,) = chart(RANGES["hour"], periods((25_000, 0, 0))).panels[0].bars
    assert bar.label == "15:00 to 15:01: 25\u202f000 sent"
    assert bar.query == "outcome=sent&from=2026-11-29T15%3A00%3A00Z&to=2026-11-29T15%3A01%3A00Z"


def test_delayed_has_a_panel_only_where_something_was_delayed() -> None:
    assert [panel.kind for panel in chart(RANGES["hour"], periods((1, 0, 0))).panels] == [
        "sent", "failed",
    ]  # fmt: skip
    assert chart(RANGES["hour"], periods((1, 0, 3))).panels[-1].total == 3


def test_axis_of_time_has_its_ends_and_three_between() -> None:
    drawn = chart(RANGES["hour"], periods(*[(0, 0, 0)] * 60))
    assert drawn.ticks == ("15:00", "15:15", "15:30", "15:45", "16:00")
    assert drawn.panels[0].top == 1


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 4), (5, 10), (11, 20), (401, 1000)])
def test_axis_ends_at_a_round_number(value: int, top: int) -> None:
    assert round_up(value) == top
