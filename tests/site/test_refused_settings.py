"""A setting that is missing or makes no sense is one line that names it, in every program."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.keeper import ROOT

_GOOD = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "a secret for tests only",
    "DATABASE_URL": "postgresql://u:hidden@127.0.0.1:1/none",
    "DJANGO_SETTINGS_MODULE": "postroom.web.site.settings",
}
WRONG = {
    "DATABASE_URL": "postgresql://u:hid@den@127.0.0.1/none",
    "DEFAULT_FROM_EMAIL": "Müller, Söhne GmbH <info@example.org>",
    "STAFF_EMAILS": "office@example.org,nobody",
    "SITE_URL": "postroom.example.org",
    "EMAIL_TEMPLATE_DIRS": "/nonexisting",
    "ALLOWED_HOSTS": "https://postroom.example.org",
    "CSRF_TRUSTED_ORIGINS": "postroom.example.org",
    "RABBITMQ_URL": "amqp://u:hidden@host:port/",
    "RABBITMQ_CA_FILE": "/nonexisting",
    "RABBITMQ_MANAGEMENT_URL": "rabbit:hidden@host",
    "JOB_LEASE_SECONDS": "nan",
    "EMAIL_MAX_ATTACHMENT_BYTES": "1e6",
    "SUBMISSION_EVENTS": ",",
    "SUBMISSION_EVENT_DETAILS": '{"Open day": ',
    "CONTACT_EMAIL": "nobody",
    "METRICS_TOKEN": "zwei Wörter",
    "RUNBOOKS_URL": "docs/runbooks",
    "LOG_LEVEL": "loud",
}


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=_GOOD | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", WRONG)
def test_setting_that_makes_no_sense_is_one_line(name: str) -> None:
    done = run("manage.py", "version", **{name: WRONG[name]})
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert name in line
    assert "hid" not in line
    assert "den@" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["manage.py", "migrate"],
        ["manage.py", "load_club_demo"],
        ["manage.py", "run_jobs"],
        ["manage.py", "relay_emails", "--once"],
        ["-m", "django", "check"],
        ["-c", "import postroom.web.site.wsgi"],
        ["-m", "postroom.mailer", "check"],
    ],
    ids=" ".join,
)
def test_missing_setting_is_one_line_in_every_program(arguments: list[str]) -> None:
    done = run(*arguments, DATABASE_URL="")
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert line.startswith("DATABASE_URL is not set. Set it, for example ")


def test_web_server_ends_and_is_not_started_again_and_again(tmp_path: Path) -> None:
    server = ["-m", "gunicorn", "--no-control-socket", "--bind=127.0.0.1:0"]
    done = run(*server, "postroom.web.site.wsgi", DATABASE_URL="")
    assert done.returncode == 3
    assert "DATABASE_URL is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_time_of_a_job_that_is_not_there_is_told_before_the_site_starts() -> None:
    done = run("manage.py", "check", JOB_TIMES="send_weekly_sumary: 0 6 * * 1")
    assert done.returncode == 1
    assert "postroom.E011" in done.stderr
    assert "Did you mean send_weekly_summary?" in done.stderr


# Prints the checks that only come with the import of a module, which nothing does for them.
_UNREGISTERED = """
import importlib, pkgutil, django, postroom.web
from django.core.checks.registry import registry
django.setup()
registered = {*registry.get_checks(include_deployment_checks=True)}
assert any(one.__module__ == "postroom.web.emails.checks" for one in registered)
for module in pkgutil.walk_packages(postroom.web.__path__, "postroom.web."):
    importlib.import_module(module.name)
later = {*registry.get_checks(include_deployment_checks=True)} - registered
print(*sorted(f"{one.__module__}.{one.__name__}" for one in later))
"""


def test_every_check_is_registered_when_the_site_starts() -> None:
    """Those of jobs were written and tested, and asked by nobody, for a while."""
    done = run("-W", "ignore", "-c", _UNREGISTERED)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
