"""The files in `deploy/` that start the jobs: up to date, valid, and due when cron says."""

import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import kubernetes_validate
import pytest
import yaml
from django.core.management import CommandError, call_command

from dev.keeper import ROOT
from postroom.web.jobs import schedules
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.registry import Job, registered
from postroom.web.jobs.schedules import systemd, windows
from postroom.web.jobs.schedules.fields import Fields
from postroom.web.jobs.status import Missed
from postroom.web.jobs.timing import cron

DEPLOY = ROOT / "deploy"
# As specified: command, schedule, deadline in minutes.
SPECIFIED = [
    ("notify_aging_logsheets", "0 8 * * *", 15),
    ("send_duty_preop_emails", "0 6 * * *", 10),
    ("expire_ad_hoc_days", "0 18 * * *", 5),
    ("notify_late_sprs", "0 10 * * 1", 20),
    ("send_maintenance_digest", "0 9 * * 0", 10),
    ("report_duty_delinquents", "0 7 1 * *", 30),
]
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not on this machine"
)


def job(schedule: str = "0 8 * * *", **fields: Any) -> Job:
    values: dict[str, Any] = {
        "deadline": timedelta(minutes=15),
        "summary": "Things, 100 % of them & more",
    }
    return Job("send_things", schedule=schedule, **values | fields)


def cronjobs() -> dict[str, Any]:
    text = (DEPLOY / "kubernetes/cronjobs.yaml").read_text()
    return {item["metadata"]["name"]: item for item in yaml.safe_load_all(text)}


def test_files_are_what_the_list_of_jobs_makes_them() -> None:
    assert schedules.differences(schedules.render(registered()), DEPLOY) == {}


@pytest.mark.parametrize(("command", "schedule", "minutes"), SPECIFIED)
def test_schedules_and_deadlines_are_the_specified_ones(
    command: str, schedule: str, minutes: int
) -> None:
    spec = cronjobs()[command.replace("_", "-")]["spec"]
    assert (spec["schedule"], spec["timeZone"]) == (schedule, "UTC")
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] == minutes * 60


def test_check_names_what_is_missing_changed_or_left_over(tmp_path: Path) -> None:
    call_command("render_schedules", f"--deploy={tmp_path}", stdout=StringIO())
    crontab = tmp_path / "cron/postroom.crontab"
    (tmp_path / "systemd/postroom-old.timer").write_text(f"# {schedules.MARK}\n")
    (tmp_path / "systemd/site.timer").write_text("somebody's own\n")
    (tmp_path / "kubernetes/cronjobs.yaml").unlink()
    crontab.write_text("changed")
    out = StringIO()
    with pytest.raises(CommandError, match="render_schedules"):
        call_command("render_schedules", "--check", f"--deploy={tmp_path}", stdout=out)
    assert out.getvalue().splitlines() == [
        "changed: cron/postroom.crontab",
        "missing: kubernetes/cronjobs.yaml",
        "left over: systemd/postroom-old.timer",
    ]
    out = StringIO()
    call_command("render_schedules", f"--deploy={tmp_path}", stdout=out)
    assert out.getvalue().splitlines()[:-1] == [
        "written again: cron/postroom.crontab",
        "written: kubernetes/cronjobs.yaml",
        "deleted: systemd/postroom-old.timer",
    ]
    call_command("render_schedules", "--check", f"--deploy={tmp_path}", stdout=StringIO())
    assert (tmp_path / "systemd/site.timer").exists()


@pytest.mark.parametrize("name", sorted(cronjobs()))
def test_cronjob_fits_kubernetes_own_schema(name: str) -> None:
    found = cronjobs()[name]
    for version in ("1.30", kubernetes_validate.latest_version()):
        kubernetes_validate.validate(found, version, strict=True)


def test_cronjob_the_schema_forbids_is_noticed() -> None:
    found = next(iter(cronjobs().values()))
    found["spec"]["concurrencyPolicy"] = ["Forbid"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(found, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("name", sorted(cronjobs()))
def test_pod_has_no_privileges_limits_and_its_secrets_in_files(name: str) -> None:
    spec = cronjobs()[name]["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    rights = container["securityContext"]
    assert rights["capabilities"] == {"drop": ["ALL"]}
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["privileged"] is rights["allowPrivilegeEscalation"] is False
    assert container["resources"].keys() == {"requests", "limits"}
    assert [v["name"] for v in container["env"]] == [
        "POD_NAME", "KUBERNETES_JOB_NAME", "SECRET_KEY_FILE", "DATABASE_URL_FILE",
    ]  # fmt: skip


@needs_systemd
def test_systemd_finds_nothing_wrong_with_its_units(tmp_path: Path) -> None:
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text().replace("/opt/postroom/.venv/bin/python", sys.executable)
        (tmp_path / path.name).write_text(text)
    units = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "postroom" in line]
    assert (done.returncode, ours) == (0, [])


EXPRESSIONS = [
    *("0 8 * * *", "0 10 * * 1", "0 9 * * 0", "0 9 * * 7", "0 7 1 * *", "*/15 * * * *"),
    *("5,35 9-17 * * mon-fri", "0 0 31 1-6/2 *", "0 12 13 * 5", "59 23 * 12 *", "10-50/20 3 * * *"),
]


@needs_systemd
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_systemd_timer_is_due_when_cron_is(expression: str, zone: str) -> None:
    begin = datetime(2026, 6, 3, 1, 2, tzinfo=UTC)
    found: set[datetime] = set()
    for calendar in systemd.calendars(job(expression, timezone=zone)):
        command = [
            "systemd-analyze",
            "calendar",
            "--iterations=8",
            f"--base-time=@{begin.timestamp():.0f}",
        ]
        done = subprocess.run(
            [*command, calendar], capture_output=True, text=True, env={"TZ": "UTC", "LC_ALL": "C"}
        )
        assert done.returncode == 0, done.stderr
        for moment in re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout):
            found.add(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    expected = cron.upcoming(expression, ZoneInfo(zone), begin, 8)
    assert sorted(found)[:8] == expected


@pytest.mark.parametrize(
    ("expression", "triggers"),
    [
        ("0 8 * * *", ["ScheduleByDay"]),
        ("0,30 8 * * *", ["ScheduleByDay"] * 2),
        ("0 10 * * 1", ["ScheduleByWeek"]),
        ("0 7 1 * *", ["ScheduleByMonth"]),
        ("0 7 1 * 1", ["ScheduleByMonth", "ScheduleByWeek"]),
    ],
)
def test_windows_trigger_says_what_cron_says(expression: str, triggers: list[str]) -> None:
    files = windows.render([job(expression, missed=Missed.SKIP)], "mark")
    (task,) = re.findall(r"@'\n(<Task.*?</Task>)\n'@", files["register-postroom-jobs.ps1"], re.S)
    python, folder = r"C:\Postroom\.venv\Scripts\python.exe", r"C:\Postroom"
    alone = task.replace("@PYTHON@", python).replace("@FOLDER@", folder)
    assert files["tasks/send_things.xml"] == f"<!-- mark -->\n{alone}\n"
    name = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    root = ElementTree.fromstring(task)  # noqa: S314  our own
    found = [trigger[1].tag.removeprefix(name) for trigger in root.iter(f"{name}CalendarTrigger")]
    assert found == triggers
    assert root.findtext(f".//{name}StartWhenAvailable") == "false"
    assert root.findtext(f".//{name}ExecutionTimeLimit") == "PT900S"


@pytest.mark.parametrize("expression", ["* * * * *", "*/30 * 1 * 1", "0,20,40 0-16 * * *"])
def test_schedule_too_often_for_windows_is_refused(expression: str) -> None:
    with pytest.raises(JobError, match="too often"):
        windows.render([job(expression)], "mark")


@pytest.mark.parametrize("expression", ["*/30 * * * *", "*/30 * * * 1", "0 * 1 * 1"])
def test_windows_takes_48_triggers(expression: str) -> None:
    assert windows.task(job(expression)).count("<CalendarTrigger>") == 48


@pytest.mark.parametrize("expression", ["0 0 L * *", "0 0 * * 5#2"])
def test_schedule_that_only_run_jobs_understands_is_refused(expression: str) -> None:
    with pytest.raises(JobError, match="only run_jobs"):
        Fields.of(job(expression))


def test_empty_folder_is_not_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError, match="--deploy"):
        call_command("render_schedules", "--deploy=")
    assert list(tmp_path.iterdir()) == []


def test_folder_user_image_and_names_are_the_sites_own(tmp_path: Path) -> None:
    place = {
        "folder": "/srv/shop",
        "user": "shop",
        "image": "registry.example.org/shop:1.4",
        "prefix": "shop-",
        "environment": "/etc/shop.env",
        "windows_folder": "D:\\Shop",
    }
    call_command("render_schedules", deploy=tmp_path, stdout=StringIO(), **place)
    texts = {p.relative_to(tmp_path).as_posix(): p.read_text() for p in tmp_path.rglob("*.*")}
    everything = "".join(texts.values())
    assert "/opt/postroom/.venv" not in everything
    assert "User=postroom" not in everything
    assert "postroom-web:" not in everything
    assert "POSTROOM=/srv/shop\n" in texts["cron/postroom.crontab"]
    unit = texts["systemd/shop-notify-late-sprs.service"]
    for line in ("User=shop", "WorkingDirectory=/srv/shop", "EnvironmentFile=/etc/shop.env"):
        assert f"\n{line}\n" in unit
    assert "\n  name: shop-notify-late-sprs\n" in texts["kubernetes/cronjobs.yaml"]
    assert "image: registry.example.org/shop:1.4\n" in texts["kubernetes/cronjobs.yaml"]
    task = texts["windows/tasks/shop-notify_late_sprs.xml"]
    assert r"<Command>D:\Shop\.venv\Scripts\python.exe</Command>" in task
    with pytest.raises(CommandError, match="--prefix"):
        call_command("render_schedules", deploy=tmp_path, prefix="Shop's", stdout=StringIO())


def test_requests_of_kubernetes_come_from_the_list_of_jobs() -> None:
    found = {
        name: item["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        for name, item in cronjobs().items()
    }
    light = {"cpu": "50m", "memory": "64Mi"}
    heavy = ({"cpu": "100m", "memory": "128Mi"}, {"cpu": "200m", "memory": "256Mi"})
    assert found["notify-aging-logsheets"]["resources"]["requests"] == light
    assert found["report-duty-delinquents"]["resources"]["requests"] in heavy
    assert found["execute-scheduled-reports"]["resources"]["requests"] in heavy


def test_percent_signs_do_not_end_a_crontab_line() -> None:
    text = schedules.render([job(arguments=("--share=5%", "two words"))])["cron/postroom.crontab"]
    assert r"send_things --share=5\% 'two words'" in text
