"""The system checks of jobs: settings, calendars, and the database connection they need."""

from difflib import get_close_matches
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connection

from postroom.shared.env import SettingsError
from postroom.web.conf import conf
from postroom.web.jobs import registry
from postroom.web.jobs.errors import SkipDaysError
from postroom.web.jobs.timing import skip_days, times
from postroom.web.startup_checks import TAG


@register(TAG)
def check_times(**_kwargs: Any) -> list[CheckMessage]:
    """JOB_TIMES makes sense and names jobs that there are."""
    try:
        text = conf.job_times
    except SettingsError:
        return []  # postroom.E001
    try:
        named = times.parse(text)
        known = [job.command for job in registry.registered()]
    except SettingsError as error:
        return [Error(str(error), id="postroom.E010")]
    found: list[CheckMessage] = []
    for command in named.keys() - set(known):
        near = get_close_matches(command, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        text = f"JOB_TIMES names {command}, which is not a scheduled job."
        found.append(Error(text, hint=hint, id="postroom.E011"))
    return found


@register(TAG)
def check_cursors(**_kwargs: Any) -> list[CheckMessage]:
    """A connection without prepared statements goes through a pooler, where cursors fail too."""
    options: dict[str, Any] = connection.settings_dict.get("OPTIONS", {})
    without = "prepare_threshold" in options and options["prepare_threshold"] is None
    if not without or connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return []
    return [
        Warning(
            "The database connection does without prepared statements, as behind PgBouncer in "
            "transaction mode, but uses server-side cursors, which fail there: jobs would read no "
            "more than their first rows.",
            hint="Set DATABASE_SERVER_SIDE_CURSORS=no, or in a site's own DATABASES "
            '"DISABLE_SERVER_SIDE_CURSORS": True.',
            id="postroom.W010",
        )
    ]


@register(TAG)
def check_skip_days(**_kwargs: Any) -> list[CheckMessage]:
    """The calendars of days to skip can be used.

    A warning, since all else works without: the run of such a job is recorded as failed.
    """
    return _unusable_calendars(Warning, "postroom.W011")


@register(TAG, deploy=True)
def check_skip_days_before_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """The same as an error, for `check --deploy`."""
    return _unusable_calendars(Error, "postroom.E012")


def _unusable_calendars(level: type[Error] | type[Warning], identity: str) -> list[CheckMessage]:
    try:
        jobs = registry.registered()
    except SettingsError:
        return []  # postroom.E001 or E010
    found: list[CheckMessage] = []
    for job in jobs:
        try:
            skip_days.check(job.skip_days)
        except SkipDaysError as error:
            text = f"{job.command}: skip_days: {error}"
            hint = "Until it can be used, each run that a schedule starts fails."
            found.append(level(text, hint=hint, id=identity))
    return found
