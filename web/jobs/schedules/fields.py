"""The fields of a cron expression, for schedulers that have another format."""

from dataclasses import dataclass

from postroom.web.jobs.errors import JobError
from postroom.web.jobs.registry import Job

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of each field, in order; None means `*`. Weekdays: 0 is Sunday."""

    minutes: tuple[int, ...] | None
    hours: tuple[int, ...] | None
    days: tuple[int, ...] | None
    months: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None

    @classmethod
    def of(cls, job: Job) -> "Fields":
        """The fields of a job's schedule.

        Raises:
            JobError: a field has more than numbers, names, lists, ranges and steps (`L`, `#`).
        """
        try:
            minute, hour, day, month, weekday = job.schedule.lower().split()
            return cls(
                _values(minute, 0, 59),
                _values(hour, 0, 23),
                _values(day, 1, 31),
                _values(month, 1, 12, _MONTHS),
                _weekdays(weekday),
            )
        except ValueError as error:
            raise JobError(
                f"{job.command}: only cron and run_jobs understand {job.schedule!r}"
            ) from error


def _weekdays(text: str) -> tuple[int, ...] | None:
    values = _values(text, 0, 7, _DAYS)
    return None if values is None else tuple(sorted({value % 7 for value in values}))


def _values(
    text: str, first: int, last: int, names: tuple[str, ...] = ()
) -> tuple[int, ...] | None:
    if text == "*":
        return None
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        if span == "*":
            begin, end = first, last if last != 7 else 6
        else:
            begin = _number(low, first, names)
            end = _number(high, first, names) if high else (last if step else begin)
        found.update(range(begin, end + 1, int(step or 1)))
    return tuple(sorted(found))


def _number(text: str, first: int, names: tuple[str, ...]) -> int:
    return names.index(text) + first if text in names else int(text)
