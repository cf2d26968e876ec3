"""Attempts over time, as numbers for inline SVG; pure.

Each kind of outcome has a panel and a scale of its own, so that one failure beside a thousand sent
e-mails is drawn as high as one failure is. Heights are true: nothing is raised to be seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from postroom.web.console import formats
from postroom.web.emails.operating.console_lists import Period

WIDTH: Final = 600.0
HEIGHT: Final = 100.0
_GAP: Final = 0.25  # of a slot
_TICKS: Final = 4  # parts of the axis of time
_LABELS: Final = {"sent": "Sent", "failed": "Failed", "delayed": "Delayed or unknown"}


@dataclass(frozen=True, slots=True)
class RangeOfTime:
    """What a chart covers."""

    key: str
    label: str
    slot: timedelta
    slots: int


RANGES: Final = {
    one.key: one
    for one in (
        RangeOfTime("hour", "Last hour", timedelta(minutes=1), 60),
        RangeOfTime("day", "Last day", timedelta(minutes=30), 48),
        RangeOfTime("week", "Last week", timedelta(hours=3), 56),
    )
}


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One period with a value: a rectangle, its words, and the query of its list of e-mails."""

    x: float
    y: float
    width: float
    height: float
    label: str
    query: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The bars of one kind of outcome; `top`: the attempts at the upper end of the axis."""

    kind: str
    label: str
    bars: tuple[ChartBar, ...]
    top: int
    total: int

    @property
    def middle(self) -> int | None:
        """The value half way up, where it is a whole number."""
        return self.top // 2 if self.top % 2 == 0 else None


@dataclass(frozen=True, slots=True)
class Chart:
    """The panels that have something to show, over one axis of time."""

    span: RangeOfTime
    panels: tuple[Panel, ...]
    ticks: tuple[str, ...]


def chart(span: RangeOfTime, periods: Sequence[Period]) -> Chart:
    """Sent and failed always; delayed only where something was."""
    panels = [
        _panel(span, kind, periods)
        for kind in _LABELS
        if kind != "delayed" or any(period.counts[kind] for period in periods)
    ]
    end = periods[-1].begins + span.slot
    step = (end - periods[0].begins) / _TICKS
    moments = [periods[0].begins + step * number for number in range(_TICKS + 1)]
    write = formats.date if span.key == "week" else formats.clock
    return Chart(span, tuple(panels), tuple(write(moment) for moment in moments))


def round_up(value: int) -> int:
    """The next of 1, 2, 4, 10, 20, 40, 100, ...: an axis ends at a number that is easy to halve."""
    top = 1
    while True:
        for factor in (1, 2, 4):
            if top * factor >= value:
                return top * factor
        top *= 10


def _panel(span: RangeOfTime, kind: str, periods: Sequence[Period]) -> Panel:
    values = [period.counts[kind] for period in periods]
    top, step = round_up(max(values)), WIDTH / len(periods)
    bars = [
        ChartBar(
            x=round((place + _GAP / 2) * step, 2),
            y=round(HEIGHT - HEIGHT * value / top, 2),
            width=round(step * (1 - _GAP), 2),
            height=round(HEIGHT * value / top, 2),
            label=_words(span, kind, period, value),
            query=_query(span, kind, period),
        )
        for place, (period, value) in enumerate(zip(periods, values, strict=True))
        if value
    ]
    return Panel(kind, _LABELS[kind], tuple(bars), top, sum(values))


def _words(span: RangeOfTime, kind: str, period: Period, value: int) -> str:
    end = period.begins + span.slot
    day = f"{formats.date(period.begins)}, " if span.key == "week" else ""
    times = f"{day}{formats.clock(period.begins)} to {formats.clock(end)}"
    return f"{times}: {formats.number(value)} {_LABELS[kind].lower()}"


def _query(span: RangeOfTime, kind: str, period: Period) -> str:
    times = {
        "from": formats.machine_time(period.begins),
        "to": formats.machine_time(period.begins + span.slot),
    }
    return urlencode({"outcome": kind, **times})
