"""Bars of attempts over time, as numbers for an inline SVG; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from postroom.web.emails.operating.queue_figures import EndedCounts

WIDTH: Final = 600
HEIGHT: Final = 120
_GAP: Final = 0.25  # of a slot


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One rectangle; `kind` is sent, failed or retried."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, the height of the axis in attempts, and the sums for readers who cannot see them."""

    title: str
    begins: str
    bars: tuple[ChartBar, ...]
    top: int
    total: EndedCounts


def chart(title: str, begins: str, slots: Sequence[EndedCounts]) -> Chart:
    """Stacked bars, oldest left. Failures are at the bottom; a single one is still visible."""
    top = max([1, *(slot.sent + slot.failed + slot.retried for slot in slots)])
    step = WIDTH / max(1, len(slots))
    bars: list[ChartBar] = []
    for place, slot in enumerate(slots):
        foot = float(HEIGHT)
        for kind, count in (
            ("failed", slot.failed),
            ("retried", slot.retried),
            ("sent", slot.sent),
        ):
            if not count:
                continue
            height = max(2.0, HEIGHT * count / top)
            foot -= height
            x = (place + _GAP / 2) * step
            bars.append(
                ChartBar(
                    kind, round(x, 2), round(foot, 2), round(step * (1 - _GAP), 2), round(height, 2)
                )
            )
    total = EndedCounts(
        sent=sum(slot.sent for slot in slots),
        failed=sum(slot.failed for slot in slots),
        retried=sum(slot.retried for slot in slots),
    )
    return Chart(title, begins, tuple(bars), top, total)
