"""Times that people change: by the setting JOB_TIMES, or by a job of their own."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from postroom.shared.env import SettingsError
from postroom.web.jobs import checks, registry, schedules
from postroom.web.jobs.errors import JobError
from postroom.web.jobs.job import Job

COMMAND = "send_weekly_summary"


@pytest.mark.parametrize(
    ("given", "schedule", "zone"),
    [
        ({COMMAND: "30 6 * * 2"}, "30 6 * * 2", "UTC"),
        ({COMMAND: "30 6 * * 2 Europe/Berlin"}, "30 6 * * 2", "Europe/Berlin"),
        (f"{COMMAND}: 30 6 * * 2; notify_late_sprs: 0 9 * * 1,3", "30 6 * * 2", "UTC"),
        (f"{COMMAND} = 30 6 * * 2 Asia/Tokyo ;", "30 6 * * 2", "Asia/Tokyo"),
    ],
)
def test_setting_changes_the_time_everywhere(
    settings: Any, given: Any, schedule: str, zone: str
) -> None:
    before = registry.find(COMMAND)
    settings.POSTROOM = {"JOB_TIMES": given}
    job = registry.find(COMMAND)
    assert job is not None
    assert (job.schedule, job.timezone) == (schedule, zone)
    assert job in registry.registered()
    files = schedules.render(registry.registered())
    text = files["kubernetes/cronjobs.yaml"]
    assert f'schedule: "{schedule}"\n  timeZone: "{zone}"' in text
    assert checks.check_times() == []
    settings.POSTROOM = {}
    assert registry.find(COMMAND) == before


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (f"{COMMAND}: 30 6 * *", "is not like"),
        ("30 6 * * 2", "is not like"),
        (f"{COMMAND}: 30 25 * * 2", "Bad hour"),
        (f"{COMMAND}: 30 6 * * 2 Mars/Olympus", "not a time zone"),
        (f"{COMMAND}: 30 6 * * 2; {COMMAND}: 31 6 * * 2", "twice"),
    ],
)
def test_nonsense_is_refused_with_the_name_of_the_setting(
    settings: Any, given: str, problem: str
) -> None:
    settings.JOB_TIMES = given
    with pytest.raises(SettingsError, match=f"JOB_TIMES.*{problem}"):
        registry.find(COMMAND)
    [error] = checks.check_times()
    assert error.id == "postroom.E010"


def test_time_of_an_unknown_job_is_an_error_of_the_check(settings: Any) -> None:
    settings.JOB_TIMES = "send_weekly_sumary: 30 6 * * 2"
    [error] = checks.check_times()
    assert (error.id, error.hint) == ("postroom.E011", "Did you mean send_weekly_summary?")


def job(schedule: str = "0 8 * * *") -> Job:
    return Job("send_things", schedule, timedelta(minutes=10), "Things")


def register_as_ours(*jobs: Job) -> None:
    """As if a module of Postroom registered them."""
    names = {"__name__": "postroom.web.systems.club.jobs", "register": registry.register}
    exec("register(*jobs)", names | {"jobs": jobs})  # noqa: S102


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_jobs", {})
    monkeypatch.setattr(registry, "_shipped", set())


@pytest.mark.usefixtures("empty")
def test_job_of_a_site_replaces_a_shipped_one_whichever_comes_first() -> None:
    own = job("0 9 * * *")
    register_as_ours(job())
    registry.register(own)
    register_as_ours(job())
    assert registry.registered() == [own]
    with pytest.raises(JobError, match="registered twice"):
        registry.register(job("0 10 * * *"))


@pytest.mark.usefixtures("empty")
def test_two_shipped_jobs_of_one_name_are_a_mistake() -> None:
    register_as_ours(job())
    with pytest.raises(JobError, match="registered twice"):
        register_as_ours(job("0 9 * * *"))


def test_pooler_without_prepared_statements_is_not_asked_for_cursors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"prepare_threshold": None})
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", False)
    assert [warning.id for warning in checks.check_cursors()] == ["postroom.W010"]
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert checks.check_cursors() == []
