"""Renders the files in `deploy/` that start the jobs, from the list of jobs.

Here: one module per scheduler, each a pure function of the list. Not here: Postroom's own scheduler
(`web/jobs/scheduling/scheduler.py`), which reads the database.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from postroom.web.jobs.job import Job
from postroom.web.jobs.schedules import crontab, kubernetes, systemd, windows
from postroom.web.jobs.schedules.place import Place as Place

MARK: Final = "Made by `python manage.py render_schedules` from the list of jobs; do not edit."
_FOLDERS: Final = ("cron", "kubernetes", "systemd", "windows")


def render(jobs: Sequence[Job], place: Place | None = None) -> dict[str, str]:
    """The text of every file, by its path below `deploy/`.

    Raises:
        JobError: a schedule that one of the schedulers cannot express.
    """
    place = place or Place()
    files = {
        "cron": crontab.render(jobs, MARK, place),
        "kubernetes": {"cronjobs.yaml": kubernetes.render(jobs, MARK, place)},
        "systemd": systemd.render(jobs, MARK, place),
        "windows": windows.render(jobs, MARK, place),
    }
    return {
        f"{folder}/{name}": text for folder, found in files.items() for name, text in found.items()
    }


def differences(files: dict[str, str], deploy: Path) -> dict[str, str]:
    """Which files below `deploy` differ, by path: `missing`, `changed` or `left over`."""
    found = {}
    for name, text in files.items():
        path = deploy / name
        if not path.is_file():
            found[name] = "missing"
        elif path.read_bytes() != text.encode():
            found[name] = "changed"
    for folder in _FOLDERS:
        for path in filter(Path.is_file, (deploy / folder).rglob("*")):
            name = path.relative_to(deploy).as_posix()
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
        path.write_bytes(files[name].encode())
    return found
