"""A PowerShell script that registers each job in the Task Scheduler of Windows."""

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Final
from xml.sax.saxutils import escape

from postroom.web.conf import conf
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules.fields import Fields
from postroom.web.jobs.schedules.place import Place
from postroom.web.jobs.schedules.words import words_by_weekday
from postroom.web.jobs.status import Missed

_HERE: Final = Place()
_DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_MOST_TRIGGERS: Final = 48

_SCRIPT: Final = """\
# {mark}
# Run as administrator:  .\\register-postroom-jobs.ps1 -Postroom C:\\Postroom [-Remove]
# Settings come from .env in that folder. More: docs/scheduling.md
[CmdletBinding()]
param(
    [string] $Postroom = '{folder}',
    [string] $Account = 'NT AUTHORITY\\LOCAL SERVICE',
    [switch] $Remove
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version Latest
$python = Join-Path $Postroom '.venv\\Scripts\\python.exe'
if (-not $Remove -and -not (Test-Path $python)) {{ throw "There is no $python. Give -Postroom." }}
$tasks = [ordered]@{{}}
{tasks}
$pythonXml = [System.Security.SecurityElement]::Escape($python)
$folderXml = [System.Security.SecurityElement]::Escape($Postroom)
foreach ($name in $tasks.Keys) {{
    $task = @{{ TaskPath = '\\Postroom\\'; TaskName = $name }}
    if (Get-ScheduledTask @task -ErrorAction SilentlyContinue) {{
        Unregister-ScheduledTask @task -Confirm:$false
    }}
    if ($Remove) {{ continue }}
    $xml = $tasks[$name].Replace('@PYTHON@', $pythonXml).Replace('@FOLDER@', $folderXml)
    Register-ScheduledTask @task -Xml $xml -User $Account | Out-Null
    Write-Output "Registered $name"
}}
"""

_TASK: Final = """\
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{summary}</Description></RegistrationInfo>
  <Triggers>
{triggers}
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>{catch_up}</StartWhenAvailable>
    <ExecutionTimeLimit>PT{seconds}S</ExecutionTimeLimit>
{restart}    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
  </Settings>
  <Actions>
    <Exec>
      <Command>@PYTHON@</Command>
      <Arguments>{words}</Arguments>
      <WorkingDirectory>@FOLDER@</WorkingDirectory>
    </Exec>
  </Actions>
</Task>"""

_BATCH: Final = """\
@echo off
rem {mark}
rem Run as administrator, where PowerShell may not run scripts: register-postroom-jobs.cmd
rem The folder of the site is in the files in tasks\\, see --windows-folder in docs\\windows.md
for %%f in ("%~dp0tasks\\*.xml") do (
    schtasks /Create /F /TN "\\Postroom\\%%~nf" /XML "%%f" /RU "NT AUTHORITY\\LOCAL SERVICE"
    if errorlevel 1 exit /b 1
)
"""


def render(jobs: Sequence[Job], mark: str, place: Place = _HERE) -> dict[str, str]:
    """Text by file name: a PowerShell script, a batch file, and a task to import for each job.

    Raises:
        JobError: more than 48 triggers, too many for Windows.
    """
    files = {
        "register-postroom-jobs.ps1": _SCRIPT.format(
            mark=mark,
            folder=place.windows_folder,
            tasks="\n".join(_registered(job, place) for job in jobs),
        ),
        "register-postroom-jobs.cmd": _BATCH.format(mark=mark).replace("\n", "\r\n"),
    }
    for job in jobs:
        text = task(job).replace("@FOLDER@", escape(place.windows_folder))
        python = escape(f"{place.windows_folder}\\.venv\\Scripts\\python.exe")
        text = text.replace("@PYTHON@", python)
        files[f"tasks/{place.name_prefix}{job.command}.xml"] = f"<!-- {mark} -->\n{text}\n"
    return files


def _registered(job: Job, place: Place) -> str:
    text = task(job)
    if "\n'@" in text:
        raise JobError(f"{job.command}: arguments that end PowerShell's here-string")
    return f"$tasks['{place.name_prefix}{job.command}'] = @'\n{text}\n'@\n"


def task(job: Job) -> str:
    """The task as XML, with `@PYTHON@` and `@FOLDER@` to be replaced.

    Raises:
        JobError: more than 48 triggers, too many for Windows.
    """
    words = subprocess.list2cmdline(["manage.py", *words_by_weekday(job, Fields.of(job))])
    count = f"<Interval>PT1M</Interval><Count>{conf.job_retries}</Count>"
    restart = f"    <RestartOnFailure>{count}</RestartOnFailure>\n" if conf.job_retries else ""
    return _TASK.format(
        restart=restart,
        summary=escape(job.summary),
        triggers="\n".join(_triggers(job)),
        catch_up="true" if job.missed is Missed.RUN_ONCE else "false",
        seconds=job.deadline // timedelta(seconds=1),
        words=escape(words),
    )


def _triggers(job: Job) -> list[str]:
    fields = Fields.of(job)
    times = list(product(fields.hours or range(24), fields.minutes or range(60)))
    day_triggers = _days(fields)
    if len(times) * len(day_triggers) > _MOST_TRIGGERS:
        raise JobError(f"{job.command}: {job.schedule!r} is too often for Windows' triggers")
    # Windows knows UTC and the host's zone only; for any other, the host must be set to it.
    zone = "Z" if job.timezone == "UTC" else ""
    return [
        "    <CalendarTrigger>\n"
        f"      <StartBoundary>2026-01-01T{hour:02d}:{minute:02d}:00{zone}</StartBoundary>\n"
        f"      {days}\n"
        "    </CalendarTrigger>"
        for hour, minute in times
        for days in day_triggers
    ]


def _days(fields: Fields) -> list[str]:
    """The days as triggers of Windows; two where cron means "either"."""
    months = "".join(f"<{_MONTHS[m - 1]} />" for m in fields.months or range(1, 13))
    found = []
    by_day = fields.days is not None and not fields.both  # else --only-on-days does the rest
    if by_day or (fields.months is not None and fields.weekdays is None):
        days = "".join(f"<Day>{day}</Day>" for day in fields.days or range(1, 32))
        found.append(
            f"<ScheduleByMonth><DaysOfMonth>{days}</DaysOfMonth>"
            f"<Months>{months}</Months></ScheduleByMonth>"
        )
    if fields.weekdays is not None:
        days = "".join(f"<{_DAYS[day]} />" for day in fields.weekdays)
        found.append(
            f"<ScheduleByWeek><DaysOfWeek>{days}</DaysOfWeek>"
            "<WeeksInterval>1</WeeksInterval></ScheduleByWeek>"
            if fields.months is None
            else "<ScheduleByMonthDayOfWeek><Weeks><Week>1</Week><Week>2</Week><Week>3</Week>"
            f"<Week>4</Week><Week>Last</Week></Weeks><DaysOfWeek>{days}</DaysOfWeek>"
            f"<Months>{months}</Months></ScheduleByMonthDayOfWeek>"
        )
    return found or ["<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>"]
