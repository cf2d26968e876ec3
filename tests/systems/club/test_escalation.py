"""Late progress reports: which step, and who gets a copy, at every border."""

import pytest

from postroom.web.systems.club.escalation import FIRST_DAY, Audience, Step, copied, step_for


@pytest.mark.parametrize(
    ("days", "step"),
    [
        (-1, None),
        (0, None),
        (6, None),
        (7, Step.FRIENDLY),
        (13, Step.FRIENDLY),
        (14, Step.GENTLE),
        (20, Step.GENTLE),
        (21, Step.FIRM),
        (24, Step.FIRM),
        (25, Step.URGENT),
        (29, Step.URGENT),
        (30, Step.FINAL),
        (31, Step.FINAL),
        (10_000, Step.FINAL),
    ],
)
def test_step_by_days_overdue(days: int, step: Step | None) -> None:
    assert step_for(days) is step


@pytest.mark.parametrize(
    ("step", "audience"),
    [
        (Step.FRIENDLY, set()),
        (Step.GENTLE, {Audience.SUPERVISOR}),
        (Step.FIRM, {Audience.SUPERVISOR, Audience.CHIEF_INSTRUCTOR}),
        (Step.URGENT, {Audience.SUPERVISOR, Audience.CHIEF_INSTRUCTOR, Audience.BOARD}),
        (Step.FINAL, set(Audience)),
    ],
)
def test_each_step_copies_more_people(step: Step, audience: set[Audience]) -> None:
    assert copied(step) == audience


def test_every_step_has_a_first_day() -> None:
    assert set(FIRST_DAY) == set(Step)
    assert all(step_for(first) is step for step, first in FIRST_DAY.items())
