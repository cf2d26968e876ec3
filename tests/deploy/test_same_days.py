"""One expression means the same days and times to run_jobs, cron, Kubernetes, systemd and Windows.

Each of the others is read by its own rules, written down here from its documentation.
"""

import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules import crontab, kubernetes, systemd, windows
from postroom.web.jobs.schedules.fields import Fields
from postroom.web.jobs.schedules.words import words_by_weekday
from postroom.web.jobs.timing import cron

COUNT, BEGIN = 200, datetime(2027, 11, 28, 7, 31, tzinfo=UTC)
LEAP_YEAR = [date(2027, 11, 1) + timedelta(days=n) for n in range(500)]
NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
WINDOWS_DAYS = [date(2027, 8, day).strftime("%A") for day in range(1, 8)]  # from a Sunday
WINDOWS_MONTHS = [date(2027, month, 1).strftime("%B") for month in range(1, 13)]
Days = Callable[[date], bool]


def field(chance: random.Random, first: int, last: int) -> str:
    """A random field of a cron expression."""
    low = chance.randint(first, last)
    high = chance.randint(low, last)
    return chance.choice(
        ("*", "*", "*", f"*/{chance.randint(1, 9)}", str(low), f"{low}-{high}",
         f"{low}-{high}/{chance.randint(1, 5)}", f"{low},{high}", f"{low}/{chance.randint(2, 9)}",
         f"*/{chance.randint(2, 7)},{low}")
    )  # fmt: skip


def expressions() -> Iterator[str]:
    chance = random.Random("five forms")
    while True:
        times = f"{chance.randint(0, 59)} {chance.choice(('8', '*/6', '5,17', '0-23/12'))}"
        weekday = field(chance, 0, 7)
        if weekday.isdigit() and weekday != "7" and chance.random() < 0.5:
            weekday = NAMES[int(weekday)]
        yield f"{times} {field(chance, 1, 31)} {field(chance, 1, 12)} {weekday}"


@cache
def jobs() -> list[Job]:
    found: list[Job] = []
    for expression in expressions():
        try:
            found.append(Job("send_things", expression, timedelta(minutes=5), "Things"))
        except JobError:
            continue  # never due, such as 31 February
        if len(found) == COUNT:
            return found
    raise AssertionError


def numbers(text: str) -> set[int]:
    return {int(part) for part in text.split(",")}


def of_weekday(day: date) -> int:
    return day.isoweekday() % 7


def by_cron(job: Job) -> Days:
    """crontab(5): a field of days that begins with a star wants the other to fit as well."""
    _, _, days, months, weekdays = crontab.schedule(job).split()

    def fits(text: str, value: int, first: int, last: int) -> bool:
        every = range(first, last + 1)
        steps = (part.partition("/") for part in text.split(","))
        return any(
            value in every[:: int(step or 1)] if span == "*" else value == int(span)
            for span, _, step in steps
        )

    def due(day: date) -> bool:
        a, b = fits(days, day.day, 1, 31), fits(weekdays, of_weekday(day), 0, 6)
        starred = days.startswith("*") or weekdays.startswith("*")
        return fits(months, day.month, 1, 12) and ((a and b) if starred else (a or b))

    return due


def by_kubernetes(job: Job) -> Days:
    """Its parser: both must fit where one is a bare star; no 7 for Sunday, no step makes a star."""
    words = words_by_weekday(job, Fields.of(job))
    only = [word.partition("=")[2] for word in words if word.startswith("--only-on-days")]
    _, _, days, months, weekdays = kubernetes.schedule(job).split()
    assert re.fullmatch(r"\*|[0-6](,[0-6])*", weekdays)

    def fits(text: str, value: int) -> bool:
        return text == "*" or value in numbers(text)

    def due(day: date) -> bool:
        a, b = fits(days, day.day), fits(weekdays, of_weekday(day))
        both = "*" in (days, weekdays)
        in_time = fits(months, day.month) and ((a and b) if both else (a or b))
        return in_time and all(day.day in numbers(text) for text in only)

    return due


def by_systemd(job: Job) -> Days:
    """systemd.time(7): weekday and date must both fit; of several calendars, one."""

    def fits(calendar: str, day: date) -> bool:
        found = re.fullmatch(r"(?:([\w,]+) )?\*-(\S+)-(\S+) \S+ UTC", calendar)
        assert found is not None
        weekdays, months, days = found.groups()
        names = {NAMES.index(name.lower()) for name in weekdays.split(",")} if weekdays else None
        return (
            (names is None or of_weekday(day) in names)
            and (months == "*" or day.month in numbers(months))
            and (days == "*" or day.day in numbers(days))
        )

    return lambda day: any(fits(calendar, day) for calendar in systemd.calendars(job))


def by_windows(job: Job) -> Days:
    """The schema of its tasks: any of the triggers."""
    words = words_by_weekday(job, Fields.of(job))
    only = [word.partition("=")[2] for word in words if word.startswith("--only-on-days")]
    text = windows.task(job).replace(
        ' xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"', ""
    )
    root = ElementTree.fromstring(text)  # noqa: S314  our own

    def tags(trigger: ElementTree.Element, name: str) -> set[str]:
        return {child.tag for child in trigger.findall(f".//{name}/*")}

    def fits(trigger: ElementTree.Element, day: date) -> bool:
        kind = trigger[1].tag
        weekdays = {WINDOWS_DAYS.index(tag) for tag in tags(trigger, "DaysOfWeek")}
        months = {WINDOWS_MONTHS.index(tag) + 1 for tag in tags(trigger, "Months")}
        days = {int(child.text or 0) for child in trigger.iter("Day")}
        if kind == "ScheduleByDay":
            return True
        if kind == "ScheduleByWeek":
            return of_weekday(day) in weekdays
        if kind == "ScheduleByMonth":
            return day.month in months and day.day in days
        assert kind == "ScheduleByMonthDayOfWeek"
        assert len(trigger.findall(".//Week")) == 5
        return day.month in months and of_weekday(day) in weekdays

    triggers = root.findall(".//CalendarTrigger")
    return lambda day: (
        any(fits(trigger, day) for trigger in triggers)
        and all(day.day in numbers(text) for text in only)
    )


def due_times(job: Job, days: Days) -> Iterator[datetime]:
    fields = Fields.of(job)
    for day in LEAP_YEAR:
        if days(day):
            for hour in fields.hours or range(24):
                for minute in fields.minutes or range(60):
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                    if moment > BEGIN:
                        yield moment


@pytest.mark.parametrize("form", [by_cron, by_kubernetes, by_systemd, by_windows])
def test_200_random_expressions_are_due_when_run_jobs_is(form: Callable[[Job], Days]) -> None:
    for job in jobs():
        found = [moment for moment, _ in zip(due_times(job, form(job)), range(25), strict=False)]
        expected = cron.upcoming(job.schedule, ZoneInfo("UTC"), BEGIN, max(1, len(found)))
        if not found:
            assert expected[0].date() > LEAP_YEAR[-1], job.schedule
            continue
        assert found == expected, job.schedule


def test_star_beside_a_weekday_wants_both() -> None:
    job = Job("send_things", "0 8 */2 * 1", timedelta(minutes=5), "Things")
    assert systemd.calendars(job)[0].startswith("Mon *-*-01,03,05,")
    assert len(systemd.calendars(job)) == 1
    assert kubernetes.schedule(job) == "0 8 * * 1"
    assert words_by_weekday(job, Fields.of(job))[2].startswith("--only-on-days=1,3,5,")
    assert crontab.schedule(job) == "0 8 */2 * 1"
