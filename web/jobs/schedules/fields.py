"""The fields of a cron expression, for schedulers that have another format or other rules.

If a field of days begins with `*`, cron wants both fields of days to fit, else either of them. Of
the others systemd always wants both, Windows has no way to say so, and Kubernetes takes `*/2` for
a plain list. So each field is written out as numbers, and the rule is decided here.
"""

from dataclasses import dataclass
from typing import Final

from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job

_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

Values = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of each field, in order; None means any. Weekdays: 0 is Sunday.

    `both`: a day must be in `days` and in `weekdays`; otherwise in one of them, if neither is None.
    """

    minutes: Values
    hours: Values
    days: Values
    months: Values
    weekdays: Values
    both: bool = False

    @classmethod
    def of(cls, job: Job) -> "Fields":
        """The fields of a job's schedule.

        Raises:
            JobError: a field has more than numbers, names, lists, ranges and steps (`L`, `#`).
        """
        try:
            minute, hour, day, month, weekday = job.schedule.lower().split()
            days, weekdays = _values(day, 1, 31), _weekdays(weekday)
            return cls(
                _values(minute, 0, 59),
                _values(hour, 0, 23),
                days,
                _values(month, 1, 12, _MONTHS),
                weekdays,
                both=None not in (days, weekdays)
                and (day.startswith("*") or weekday.startswith("*")),
            )
        except ValueError as error:
            raise JobError(f"{job.command}: only run_jobs understands {job.schedule!r}") from error


def joined(values: Values, width: int = 1) -> str:
    """`*`, or the numbers with commas, each of at least `width` digits."""
    return "*" if values is None else ",".join(f"{value:0{width}d}" for value in values)


def _weekdays(text: str) -> Values:
    values = _values(text, 0, 7, _DAYS)
    return None if values is None else tuple(sorted({value % 7 for value in values}))


def _values(text: str, first: int, last: int, names: tuple[str, ...] = ()) -> Values:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        low, _, high = span.partition("-")
        if span == "*":
            begin, end = first, last if last != 7 else 6
        else:
            begin = _number(low, first, names)
            end = _number(high, first, names) if high else (last if slash else begin)
        found.update(range(begin, end + 1, int(step) if slash else 1))
    if text.startswith("*") and len(found) == (7 if last == 7 else last - first + 1):
        return None
    return tuple(sorted(found))


def _number(text: str, first: int, names: tuple[str, ...]) -> int:
    return names.index(text) + first if text in names else int(text)
