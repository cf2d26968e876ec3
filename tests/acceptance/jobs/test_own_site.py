"""A job of a site's own app, started by its `manage.py` from another folder."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from dev.keeper import ROOT
from postroom.web.emails.models import EmailQueue
from postroom.web.jobs.models import JobRun, ScheduledJob
from tests.support.acceptance.job_processes import JobsAtWork, at_work
from tests.support.acceptance.program import Program

__all__ = ["at_work"]
pytestmark = pytest.mark.django_db(transaction=True)
FILES = {
    "manage.py": """\
import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
execute_from_command_line(sys.argv)
""",
    "shop/settings.py": """\
from postroom.web.site.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "shop"]
""",
    "shop/jobs.py": """\
from datetime import timedelta
from postroom import Job
from postroom.web.jobs.registry import register
register(Job("close_till", "0 20 * * *", timedelta(minutes=5), "Closes the till"))
""",
    "shop/management/commands/close_till.py": """\
from postroom import JobCommand
class Command(JobCommand):
    def run_job(self, run, **options):
        run.send(email_type="till", subject="Closed", plain_body="Closed",
                 recipients=["till@example.org"], idempotency_key=f"till:{run.due_day}")
""",
}


def test_own_job_runs_whatever_the_working_folder_is(at_work: JobsAtWork, tmp_path: Path) -> None:
    site = tmp_path / "srv"
    for name, text in FILES.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if path.parent != site:
            (path.parent / "__init__.py").touch()
    (site / "shop/management/__init__.py").touch()
    ScheduledJob.objects.create(
        command="close_till",
        schedule="0 20 * * *",
        timezone="UTC",
        missed="run once",
        summary="Closes the till",
        deadline=timedelta(minutes=5),
        next_run_at=timezone.now() - timedelta(seconds=1),
    )
    environment = {k: v for k, v in at_work.environment.items() if k != "DJANGO_SETTINGS_MODULE"}
    program = Program(
        "run_jobs",
        [str(site / "manage.py"), "run_jobs", "--once"],
        environment | {"PYTHONPATH": os.fspath(ROOT)},
        tmp_path / "log",
        folder=Path("/"),
    )
    assert program.wait() == 0, program.tail()
    assert JobRun.objects.get(command="close_till").status == "completed"
    assert EmailQueue.objects.get().subject == "Closed"
