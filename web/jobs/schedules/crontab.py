"""A crontab for the user `postroom`."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from postroom.web.conf import conf
from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules.fields import Fields, joined
from postroom.web.jobs.schedules.place import Place

_HERE: Final = Place()

_HEAD: Final = """\
# {mark}
# Install: crontab -u {user} postroom.crontab    More: docs/cron.md
#
# run-job.sh, beside this file, keeps each job's deadline (the seconds before its name) and starts a
# job again whose process was killed. Settings come from $POSTROOM/.env. CRON_TZ is understood by
# cronie; Debian's cron reads all times in the host's zone instead, so set that to the zone named
# here. Cron mails everything a job prints; add --verbosity 0 to receive problems only.
SHELL=/bin/sh
POSTROOM={folder}
"""

SCRIPT: Final = """\
#!/bin/sh
# {mark}
# Runs one job for cron: run-job.sh SECONDS COMMAND [OPTION...]    More: docs/cron.md
#
# $POSTROOM is the folder with manage.py. A process that was killed is started again for the same
# due time, {retries} times at most, until SECONDS are over; it sends nothing twice.
set -u
seconds=$1
shift
cd "${{POSTROOM:-{folder}}}" || exit 1
due=$(date -u +%Y-%m-%dT%H:%M:%SZ)
end=$(($(date +%s) + seconds))
tries=0
while :; do
    left=$((end - $(date +%s)))
    if [ "$left" -le 0 ]; then
        echo "run-job.sh: $1 was killed, and its $seconds seconds are over" >&2
        exit 124
    fi
    timeout --kill-after=30s "${{left}}s" \
        "${{POSTROOM_PYTHON:-.venv/bin/python}}" manage.py "$@" "--scheduled-for=$due"
    code=$?
    # 128 and the signal: SIGKILL (also the kernel's, for memory), SIGSEGV, SIGABRT, SIGBUS.
    case $code in
    137 | 139 | 134 | 135) ;;
    *) exit "$code" ;;
    esac
    tries=$((tries + 1))
    [ "$tries" -le {retries} ] || exit "$code"
done
"""


def render(jobs: Sequence[Job], mark: str, place: Place = _HERE) -> dict[str, str]:
    """Text by file name: the crontab, and the script that its lines call.

    Raises:
        JobError: a schedule that cron does not understand.
    """
    retries = conf.job_retries
    return {
        "postroom.crontab": _table(jobs, mark, place),
        "run-job.sh": SCRIPT.format(mark=mark, folder=place.folder, retries=retries),
    }


def schedule(job: Job) -> str:
    """The schedule in the form that every cron reads: numbers, `*`, and a star that means "both".

    Raises:
        JobError: a field has more than numbers, names, lists, ranges and steps.
    """
    fields, words = Fields.of(job), job.schedule.split()
    days, weekdays = joined(fields.days), joined(fields.weekdays)
    if fields.both:  # cron itself looks for the star
        days = words[2] if words[2].startswith("*") else days
        weekdays = words[4] if words[4].startswith("*") else weekdays
    return " ".join(
        (joined(fields.minutes), joined(fields.hours), days, joined(fields.months), weekdays)
    )


def _table(jobs: Sequence[Job], mark: str, place: Place) -> str:
    lines = [_HEAD.format(mark=mark, user=place.user, folder=place.folder)]
    for zone, group in groupby(sorted(jobs, key=lambda job: job.timezone), lambda j: j.timezone):
        lines.append(f"CRON_TZ={zone}")
        for job in group:
            lines += [f"# {job.summary}", _line(job)]
    return "\n".join(lines) + "\n"


def _line(job: Job) -> str:
    seconds = job.deadline // timedelta(seconds=1)
    # For cron a bare % ends the command.
    words = shlex.join([job.command, *job.arguments]).replace("%", r"\%")
    return f'{schedule(job)}  sh "$POSTROOM/deploy/cron/run-job.sh" {seconds} {words}'
