"""A PowerShell script that registers each job in the Task Scheduler of Windows."""

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from typing import Final
from xml.sax.saxutils import escape

from postroom.web.jobs.errors import JobError
from postroom.web.jobs.registry import Job
from postroom.web.jobs.schedules.fields import Fields
from postroom.web.jobs.schedules.words import late_words
from postroom.web.jobs.status import Missed

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
    [string] $Postroom = 'C:\\Postroom',
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
$tasks['{command}'] = @'
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>{summary}</Description></RegistrationInfo>
  <Triggers>
{triggers}
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <StartWhenAvailable>{catch_up}</StartWhenAvailable>
    <ExecutionTimeLimit>PT{seconds}S</ExecutionTimeLimit>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
  </Settings>
  <Actions>
    <Exec>
      <Command>@PYTHON@</Command>
      <Arguments>{words}</Arguments>
      <WorkingDirectory>@FOLDER@</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
'@
"""


def render(jobs: Sequence[Job], mark: str) -> str:
    """The whole script.

    Raises:
        JobError: more than 48 runs a day, too many triggers for Windows.
    """
    return _SCRIPT.format(mark=mark, tasks="\n".join(_task(job) for job in jobs))


def _task(job: Job) -> str:
    words = subprocess.list2cmdline(["manage.py", *late_words(job)])
    if "\n'@" in words + job.summary:
        raise JobError(f"{job.command}: arguments that end PowerShell's here-string")
    return _TASK.format(
        command=job.command,
        summary=escape(job.summary),
        triggers="\n".join(_triggers(job)),
        catch_up="true" if job.missed is Missed.RUN_ONCE else "false",
        seconds=job.deadline // timedelta(seconds=1),
        words=escape(words),
    )


def _triggers(job: Job) -> list[str]:
    fields = Fields.of(job)
    times = list(product(fields.hours or range(24), fields.minutes or range(60)))
    if len(times) > _MOST_TRIGGERS:
        raise JobError(f"{job.command}: {job.schedule!r} is too often for Windows' triggers")
    # Windows knows UTC and the host's zone only; for any other, the host must be set to it.
    zone = "Z" if job.timezone == "UTC" else ""
    return [
        "    <CalendarTrigger>\n"
        f"      <StartBoundary>2026-01-01T{hour:02d}:{minute:02d}:00{zone}</StartBoundary>\n"
        f"      {days}\n"
        "    </CalendarTrigger>"
        for hour, minute in times
        for days in _days(fields)
    ]


def _days(fields: Fields) -> list[str]:
    """The days as triggers of Windows; two where cron means "either"."""
    months = "".join(f"<{_MONTHS[m - 1]} />" for m in fields.months or range(1, 13))
    found = []
    if fields.days is not None or (fields.months is not None and fields.weekdays is None):
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
