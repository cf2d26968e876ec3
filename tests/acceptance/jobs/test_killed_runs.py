"""A run whose process is killed is finished, under each scheduler as far as it runs here.

The job queues 40 e-mails in chunks of 7, and kills itself with SIGKILL at random items.
"""

import os
import random
import re
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from dev.keeper import ROOT
from postroom.web.emails.models import EmailQueue
from postroom.web.jobs import schedules
from postroom.web.jobs.job import Job
from postroom.web.jobs.models import JobRun, ScheduledJob, TaskLock
from postroom.web.jobs.timing import cron
from tests.support.acceptance.job_processes import JobsAtWork, at_work
from tests.support.acceptance.program import Program

__all__ = ["at_work"]
pytestmark = pytest.mark.django_db(transaction=True)
ITEMS, CHUNK, SEED = 40, 7, os.environ.get("SEED", "2026")
KILLED = -9


def arguments(at_work: JobsAtWork, deaths: int) -> tuple[str, ...]:
    moments = random.Random(SEED + str(deaths)).sample(range(ITEMS), deaths)
    marks = at_work.folder / "marks"
    marks.mkdir()
    die_at = ",".join(map(str, sorted(moments)))
    return f"--items={ITEMS}", f"--chunk={CHUNK}", f"--die-at={die_at}", f"--marks={marks}"


def wait_out_the_lease(program: Program, times: int) -> None:
    """As if the dead owner's lease had run out, once the program watches its lock."""
    program.wait_for_log("lock_watched", times=times)
    TaskLock.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))


def assert_all_are_queued_once(lost: int) -> None:
    subjects = EmailQueue.objects.values_list("subject", flat=True)
    assert sorted(subjects) == sorted(f"Item {n}" for n in range(ITEMS))
    runs = list(JobRun.objects.order_by("pk").values_list("status", flat=True))
    assert runs == ["lost"] * lost + ["completed"]
    assert JobRun.objects.values("scheduled_for").distinct().count() == 1
    assert not TaskLock.objects.exists()


def test_run_jobs_starts_it_again_at_once(at_work: JobsAtWork) -> None:
    words = arguments(at_work, deaths=2)
    ScheduledJob.objects.create(
        command="sample_job",
        schedule="0 8 * * *",
        timezone="UTC",
        missed="run once",
        summary="Things",
        deadline=timedelta(seconds=60),
        arguments=list(words),
        next_run_at=cron.latest("0 8 * * *", ZoneInfo("UTC"), datetime.now(UTC)),
    )
    scheduler = at_work.start("run_jobs", "--once", SAMPLE_ARGUMENTS=" ".join(words))
    # Their leases are of ten minutes: nothing waits for them.
    assert scheduler.wait() == 0, scheduler.tail()
    assert_all_are_queued_once(lost=2)


def start_as_kubernetes(at_work: JobsAtWork, job: Job) -> Callable[[], Program]:
    text = schedules.render([job])["kubernetes/cronjobs.yaml"]
    spec = yaml.safe_load(text)["spec"]["jobTemplate"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]
    assert spec["backoffLimit"] >= 2
    assert container["command"][:2] == ["python", "manage.py"]
    minute = int(datetime.now(UTC).timestamp()) // 60
    name = f"sample-job-{minute}"
    return lambda: at_work.start(*container["command"][2:], KUBERNETES_JOB_NAME=name)


def start_as_systemd(at_work: JobsAtWork, job: Job) -> Callable[[], Program]:
    unit = schedules.render([job])["systemd/postroom-sample-job.service"]
    assert "\nRestart=on-abnormal\n" in unit
    found = re.search(r"^ExecStart=\S+/python manage\.py (.*)$", unit, re.M)
    assert found is not None
    return lambda: at_work.start(*shlex.split(found[1]))


@pytest.mark.parametrize(("start_as", "deaths"), [(start_as_kubernetes, 2), (start_as_systemd, 1)])
def test_next_start_waits_for_the_dead_ones_lease(
    at_work: JobsAtWork,
    start_as: Callable[[JobsAtWork, Job], Callable[[], Program]],
    deaths: int,
) -> None:
    words = arguments(at_work, deaths)
    job = Job("sample_job", "0 8 * * *", timedelta(minutes=5), "Things", arguments=words)
    at_work.environment["SAMPLE_ARGUMENTS"] = " ".join(words)
    start = start_as(at_work, job)
    assert start().wait() == KILLED
    for _ in range(deaths - 1):
        again = start()
        wait_out_the_lease(again, 1)
        assert again.wait() == KILLED
    last = start()
    wait_out_the_lease(last, 1)
    assert last.wait() == 0, last.tail()
    assert_all_are_queued_once(lost=deaths)


def test_script_of_cron_starts_it_again(at_work: JobsAtWork, tmp_path: Path) -> None:
    words = arguments(at_work, deaths=1)
    job = Job("sample_job", "0 8 * * *", timedelta(minutes=5), "Things", arguments=words)
    files = schedules.render([job], schedules.Place(folder=str(ROOT)))
    line = files["cron/postroom.crontab"].splitlines()[-1]
    assert line.startswith('0 8 * * *  sh "$POSTROOM/deploy/cron/run-job.sh" 300 sample_job ')
    script = tmp_path / "run-job.sh"
    script.write_text(files["cron/run-job.sh"])
    environment = at_work.environment | {
        "POSTROOM": str(ROOT),
        "POSTROOM_PYTHON": sys.executable,
    }
    program = Program(
        "cron",
        [str(script), *shlex.split(line.partition('run-job.sh" ')[2])],
        environment,
        tmp_path / "cron.log",
        python=Path("/bin/sh"),
    )
    wait_out_the_lease(program, 1)
    assert program.wait() == 0, program.tail()
    assert_all_are_queued_once(lost=1)


def test_start_that_meets_a_living_owner_is_not_run(at_work: JobsAtWork) -> None:
    at_work.environment["SAMPLE_ARGUMENTS"] = ""
    owner = at_work.start_waiting(POD_NAME="pod-7", JOB_LEASE_SECONDS="6")
    here = at_work.start("sample_job", "--on-schedule", POD_NAME="pod-7")
    elsewhere = at_work.start("sample_job", "--on-schedule", POD_NAME="pod-8")
    # The owner shows itself by living here, and elsewhere by renewing.
    assert (here.wait(), elsewhere.wait()) == (0, 0)
    assert (len(here.logged("lock_watched")), len(elsewhere.logged("lock_watched"))) == (0, 1)
    for refused in (here, elsewhere):
        assert f"is held by pod-7:{owner.pid} since" in refused.tail()
    assert owner.running
    at_work.go()
    assert owner.wait() == 0
