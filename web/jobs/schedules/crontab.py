"""A crontab for the user `postroom`."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from postroom.web.jobs.registry import Job

_HEAD: Final = """\
# {mark}
# Install: crontab -u postroom postroom.crontab    More: docs/scheduling.md
#
# Settings come from $POSTROOM/.env. CRON_TZ is understood by cronie; Debian's cron reads all times
# in the host's zone instead, so set that to the zone named here.
# Cron mails everything a job prints; add --verbosity 0 to receive problems only.
SHELL=/bin/sh
POSTROOM=/opt/postroom
"""


def render(jobs: Sequence[Job], mark: str) -> str:
    """The whole file; `timeout` enforces each job's deadline."""
    lines = [_HEAD.format(mark=mark)]
    for zone, group in groupby(sorted(jobs, key=lambda job: job.timezone), lambda j: j.timezone):
        lines.append(f"CRON_TZ={zone}")
        for job in group:
            lines += [f"# {job.summary}", _line(job)]
    return "\n".join(lines) + "\n"


def _line(job: Job) -> str:
    seconds = job.deadline // timedelta(seconds=1)
    # For cron a bare % ends the command.
    words = shlex.join([job.command, *job.arguments]).replace("%", r"\%")
    return (
        f'{job.schedule}  cd "$POSTROOM" && '
        f"timeout --kill-after=30s {seconds}s .venv/bin/python manage.py {words}"
    )
