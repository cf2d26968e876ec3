"""A service and a timer for each job, and a service for `run_jobs`."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from postroom.web.jobs.registry import Job
from postroom.web.jobs.schedules.fields import Fields
from postroom.web.jobs.schedules.words import late_words
from postroom.web.jobs.status import Missed

_DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")

# The units of web, relay and mailer have the same lines; a test compares them.
HARDENING: Final = """\
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""

_COMMON: Final = f"""\
User=postroom-jobs
Group=postroom-jobs
WorkingDirectory=/opt/postroom
EnvironmentFile=/etc/postroom/jobs.env
MemoryMax=512M
{HARDENING}"""

_SERVICE: Final = """\
# {mark}
[Unit]
Description=Postroom: {summary}
Documentation=file:///opt/postroom/docs/scheduling.md
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/opt/postroom/.venv/bin/python manage.py {words}
# The deadline: then SIGTERM, and SIGKILL 30 seconds later.
TimeoutStartSec={seconds}
TimeoutStopSec=30
{common}"""

_TIMER: Final = """\
# {mark}
[Unit]
Description=Postroom: when {command} runs ({schedule} {timezone})

[Timer]
{calendar}
Persistent={persistent}
AccuracySec=1s

[Install]
WantedBy=timers.target
"""

_SCHEDULER: Final = """\
# {mark}
# Instead of the timers: Postroom's own scheduler. Several hosts may run it.
[Unit]
Description=Postroom: scheduler (run_jobs)
Documentation=file:///opt/postroom/docs/scheduling.md file:///opt/postroom/docs/systemd.md
After=network-online.target
Wants=network-online.target
Conflicts={timers}
PartOf=postroom.target
# Restart it forever: no operator may be there to do so by hand.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=/opt/postroom/.venv/bin/python manage.py run_jobs
# It exits by itself when its loop was stuck for 90 s; this is for when it cannot even do that.
WatchdogSec=120
Restart=always
RestartSec=5
# It stops its jobs itself: a second SIGTERM, from systemd, would mean "stop at once".
KillMode=mixed
TimeoutStopSec=60
{common}
[Install]
WantedBy=postroom.target
"""


def render(jobs: Sequence[Job], mark: str) -> dict[str, str]:
    """Text by file name.

    Raises:
        JobError: a schedule has no equivalent calendar expression.
    """
    files = {}
    for job in jobs:
        files[f"{unit(job)}.service"] = _SERVICE.format(
            mark=mark,
            # In a unit file a percent sign begins a specifier.
            summary=job.summary.replace("%", "%%"),
            words=shlex.join(late_words(job)).replace("%", "%%"),
            seconds=job.deadline // timedelta(seconds=1),
            common=_COMMON,
        )
        files[f"{unit(job)}.timer"] = _TIMER.format(
            mark=mark,
            command=job.command,
            schedule=job.schedule,
            timezone=job.timezone,
            calendar="\n".join(f"OnCalendar={text}" for text in calendars(job)),
            persistent="true" if job.missed is Missed.RUN_ONCE else "false",
        )
    timers = " ".join(f"{unit(job)}.timer" for job in jobs)
    files["postroom-jobs.service"] = _SCHEDULER.format(mark=mark, timers=timers, common=_COMMON)
    return files


def unit(job: Job) -> str:
    """The name of a job's units."""
    return f"postroom-{job.command.replace('_', '-')}"


def calendars(job: Job) -> list[str]:
    """The schedule as systemd's calendar expressions (systemd.time(7)).

    Two if the expression names days of the month and weekdays: cron means either, systemd both.
    """
    fields = Fields.of(job)
    time = f"{_list(fields.hours)}:{_list(fields.minutes)}:00 {job.timezone}"
    months = _list(fields.months)
    weekdays = ",".join(_DAYS[day] for day in fields.weekdays or ())
    if fields.weekdays is None:
        return [f"*-{months}-{_list(fields.days)} {time}"]
    by_weekday = f"{weekdays} *-{months}-* {time}"
    if fields.days is None:
        return [by_weekday]
    return [f"*-{months}-{_list(fields.days)} {time}", by_weekday]


def _list(values: tuple[int, ...] | None) -> str:
    return "*" if values is None else ",".join(f"{value:02d}" for value in values)
