"""A service and a timer for each job, and a service for `run_jobs`."""

import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from postroom.web.conf import conf
from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules.fields import Fields, joined
from postroom.web.jobs.schedules.place import Place
from postroom.web.jobs.schedules.words import late_words
from postroom.web.jobs.status import Missed

_HERE: Final = Place()
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
User={{user}}
Group={{user}}
WorkingDirectory={{folder}}
EnvironmentFile={{environment}}
MemoryMax=512M
{HARDENING}"""

_SERVICE: Final = """\
# {mark}
[Unit]
Description=Postroom: {summary}
Documentation=file:///opt/postroom/docs/scheduling.md
After=network-online.target
Wants=network-online.target
# Enough for every due time within an hour and {retries} restarts; then it stays failed.
StartLimitIntervalSec=1h
StartLimitBurst={burst}

[Service]
Type=oneshot
ExecStart={folder}/.venv/bin/python manage.py {words}
# From its timer it learns for which due time it runs.
Environment=SYSTEMD_TIMER=%N.timer
# A process that was killed, by the kernel for its memory perhaps, is started again and finishes
# its work. Not one that was stopped (143), by an operator or at its deadline.
Restart=on-abnormal
RestartSec=10
RestartPreventExitStatus=143
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
ExecStart={folder}/.venv/bin/python manage.py run_jobs
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


def render(jobs: Sequence[Job], mark: str, place: Place = _HERE) -> dict[str, str]:
    """Text by file name.

    Raises:
        JobError: a schedule has no equivalent calendar expression.
    """
    files = {}
    common = _COMMON.format(user=place.user, folder=place.folder, environment=place.environment)
    for job in jobs:
        files[f"{unit(job, place)}.service"] = _SERVICE.format(
            mark=mark,
            # In a unit file a percent sign begins a specifier.
            summary=job.summary.replace("%", "%%"),
            words=shlex.join(late_words(job)).replace("%", "%%"),
            seconds=job.deadline // timedelta(seconds=1),
            folder=place.folder,
            retries=conf.job_retries,
            burst=_starts_an_hour(job) + conf.job_retries,
            common=common,
        )
        files[f"{unit(job, place)}.timer"] = _TIMER.format(
            mark=mark,
            command=job.command,
            schedule=job.schedule,
            timezone=job.timezone,
            calendar="\n".join(f"OnCalendar={text}" for text in calendars(job)),
            persistent="true" if job.missed is Missed.RUN_ONCE else "false",
        )
    timers = " ".join(f"{unit(job, place)}.timer" for job in jobs)
    files[f"{place.unit_prefix}jobs.service"] = _SCHEDULER.format(
        mark=mark, timers=timers, folder=place.folder, common=common
    )
    return files


def unit(job: Job, place: Place = _HERE) -> str:
    """The name of a job's units."""
    return f"{place.unit_prefix}{job.command.replace('_', '-')}"


def _starts_an_hour(job: Job) -> int:
    minutes = Fields.of(job).minutes
    return 60 if minutes is None else len(minutes)


def calendars(job: Job) -> list[str]:
    """The schedule as systemd's calendar expressions (systemd.time(7)).

    Two where cron means days of the month or weekdays: systemd means both.
    """
    fields = Fields.of(job)
    time = f"{joined(fields.hours, 2)}:{joined(fields.minutes, 2)}:00 {job.timezone}"
    months, days = joined(fields.months, 2), joined(fields.days, 2)
    weekdays = ",".join(_DAYS[day] for day in fields.weekdays or ())
    if fields.weekdays is None:
        return [f"*-{months}-{days} {time}"]
    if fields.both:
        return [f"{weekdays} *-{months}-{days} {time}"]
    by_weekday = f"{weekdays} *-{months}-* {time}"
    if fields.days is None:
        return [by_weekday]
    return [f"*-{months}-{days} {time}", by_weekday]
