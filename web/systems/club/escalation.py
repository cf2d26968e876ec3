"""How a late progress report escalates: pure functions of its age."""

from enum import StrEnum
from typing import Final, assert_never


class Step(StrEnum):
    """How firmly the instructor is reminded."""

    FRIENDLY = "friendly"
    GENTLE = "gentle"
    FIRM = "firm"
    URGENT = "urgent"
    FINAL = "final"


class Audience(StrEnum):
    """Who receives a copy; the e-mail itself is always to the instructor."""

    SUPERVISOR = "supervisor"
    CHIEF_INSTRUCTOR = "chief_instructor"
    BOARD = "board"
    LEADERSHIP = "leadership"


# The first day of each step, in days after the due date, latest first.
FIRST_DAY: Final = {
    Step.FINAL: 30,
    Step.URGENT: 25,
    Step.FIRM: 21,
    Step.GENTLE: 14,
    Step.FRIENDLY: 7,
}


def step_for(days_overdue: int) -> Step | None:
    """The step of a report `days_overdue` days after its due date; None: no reminder yet."""
    for step, first in FIRST_DAY.items():
        if days_overdue >= first:
            return step
    return None


def copied(step: Step) -> frozenset[Audience]:
    """Who receives a copy; each step includes those of the steps before it."""
    match step:
        case Step.FRIENDLY:
            return frozenset()
        case Step.GENTLE:
            return frozenset({Audience.SUPERVISOR})
        case Step.FIRM:
            return copied(Step.GENTLE) | {Audience.CHIEF_INSTRUCTOR}
        case Step.URGENT:
            return copied(Step.FIRM) | {Audience.BOARD}
        case Step.FINAL:
            return copied(Step.URGENT) | {Audience.LEADERSHIP}
        case _:
            assert_never(step)
