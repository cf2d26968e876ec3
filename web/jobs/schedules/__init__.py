"""Renders the files in `deploy/` that start the jobs, from the list of jobs.

Here: one module per scheduler, each a pure function of the list. Not here: Postroom's own scheduler
(`web/jobs/scheduling/scheduler.py`), which reads the database.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from postroom.web.jobs.registry import Job
from postroom.web.jobs.schedules import crontab, kubernetes, systemd, windows

MARK: Final = "Made by `python manage.py render_schedules` from the list of jobs; do not edit."
_FOLDERS: Final = ("cron", "kubernetes", "systemd", "windows")


def render(jobs: Sequence[Job]) -> dict[str, str]:
    """The text of every file, by its path below `deploy/`.

    Raises:
        JobError: a schedule that one of the schedulers cannot express.
    """
    return {
        "cron/postroom.crontab": crontab.render(jobs, MARK),
        "kubernetes/cronjobs.yaml": kubernetes.render(jobs, MARK),
        "windows/register-postroom-jobs.ps1": windows.render(jobs, MARK),
        **{f"systemd/{name}": text for name, text in systemd.render(jobs, MARK).items()},
    }


def differences(files: dict[str, str], deploy: Path) -> dict[str, str]:
    """Which files below `deploy` differ, by path: `missing`, `changed` or `left over`."""
    found = {}
    for name, text in files.items():
        path = deploy / name
        if not path.is_file():
            found[name] = "missing"
        elif path.read_text(encoding="utf-8") != text:
            found[name] = "changed"
    for folder in _FOLDERS:
        for path in (deploy / folder).glob("*"):
            name = f"{folder}/{path.name}"
            if name not in files and MARK in path.read_text(encoding="utf-8"):
                found[name] = "left over"
    return found


def write(files: dict[str, str], deploy: Path) -> dict[str, str]:
    """Write the files below `deploy`, delete those left over; returns the differences before."""
    found = differences(files, deploy)
    for name, wrong in found.items():
        path = deploy / name
        if wrong == "left over":
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    return found
