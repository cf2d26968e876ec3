"""Times that replace those in the code: the setting JOB_TIMES."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from postroom.shared.env import SettingsError, shown
from postroom.web.jobs.errors import CronError
from postroom.web.jobs.timing import cron

_FIELDS: Final = 5
_EXAMPLE: Final = "send_weekly_summary: 30 6 * * 1; notify_late_sprs: 0 10 * * 1 Europe/Berlin"


@dataclass(frozen=True, slots=True)
class JobTime:
    """A cron expression, and the zone it is read in; an empty zone means the job's own."""

    schedule: str
    timezone: str = ""


@lru_cache(maxsize=8)
def parse(text: str) -> dict[str, JobTime]:
    """The times by command, from the text of JOB_TIMES.

    Raises:
        SettingsError: a part is not like `command: cron expression [time zone]`.
    """
    found: dict[str, JobTime] = {}
    for part in filter(str.strip, text.split(";")):
        command, sign, rest = part.partition(":" if ":" in part else "=")
        words, command = rest.split(), command.strip()
        if not (sign and command and len(words) in (_FIELDS, _FIELDS + 1)):
            raise SettingsError(f"JOB_TIMES: {shown(part.strip())} is not like {_EXAMPLE}")
        if command in found:
            raise SettingsError(f"JOB_TIMES names {command} twice")
        time = JobTime(" ".join(words[:_FIELDS]), "".join(words[_FIELDS:]))
        _check(command, time)
        found[command] = time
    return found


def _check(command: str, time: JobTime) -> None:
    try:
        zone = ZoneInfo(time.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"JOB_TIMES: {command}: {shown(time.timezone)} is not a time zone; write it like "
            "Europe/Berlin"
        ) from error
    try:
        cron.next_run(time.schedule, zone, datetime.now(UTC))
    except CronError as error:
        raise SettingsError(f"JOB_TIMES: {command}: {error}") from error
