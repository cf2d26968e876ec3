"""`manage.py check --deploy` in a process of its own: clean in production, and clear when not."""

import os
import re
import secrets
import subprocess
import sys

import pytest

from dev.keeper import ROOT

PRODUCTION = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c",
    "ALLOWED_HOSTS": "postroom.example.org",
    "HTTPS_ONLY": "1",
    "SITE_URL": "https://postroom.example.org",
    "STAFF_EMAILS": "office@example.org",
    "DEFAULT_FROM_EMAIL": "Postroom <office@example.org>",
}


def check(**changes: str) -> tuple[int, str]:
    """Exit code and words; a value of '' leaves the variable out."""
    values = {name: value for name, value in (PRODUCTION | changes).items() if value}
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "postroom.web.site.settings",
    } | values
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_production_settings_are_clean() -> None:
    code, said = check()
    assert code == 0, said
    assert "no issues" in said


# Each process takes seconds: one is asked about all that can be doubtful together.
DOUBTFUL = {
    "careless": (
        {
            "SECRET_KEY": "short",
            "SECRET_KEY_FALLBACKS": "short",
            "HSTS_SECONDS": "0",
            "ALLOWED_HOSTS": "*",
            "SITE_URL": "http://a.example.org",
        },
        {
            "security.W009": "SECRET_KEY",
            "security.W025": "SECRET_KEY_FALLBACKS",
            "security.W004": "SECURE_HSTS_SECONDS",
            "postroom_site.W001": "ALLOWED_HOSTS",
            "postroom_site.W003": "SITE_URL",
        },
    ),
    "nothing set": (
        dict.fromkeys(
            ("HTTPS_ONLY", "ALLOWED_HOSTS", "SITE_URL", "DEFAULT_FROM_EMAIL", "STAFF_EMAILS"), ""
        ),
        {
            "security.W008": "SECURE_SSL_REDIRECT",
            "postroom_site.W002": "ALLOWED_HOSTS",
            "postroom_site.W003": "SITE_URL",
            "postroom.E004": "DEFAULT_FROM_EMAIL",
            "postroom_submissions.W001": "STAFF_EMAILS",
        },
    ),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_each_doubtful_setting_is_named(name: str) -> None:
    changes, expected = DOUBTFUL[name]
    code, said = check(**changes)
    assert code == 1
    for identity, variable in expected.items():
        [line] = [line for line in said.splitlines() if identity in line]
        assert variable in line


REFUSED = {
    "debug for the world": ({"DEBUG": "1"}, "DEBUG is on and ALLOWED_HOSTS names postroom.exam"),
    "no secret": ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
    "header": ({"HTTPS_PROXY_HEADER": "X-Proto: https"}, "HTTPS_PROXY_HEADER="),
    "preload alone": ({"HSTS_PRELOAD": "1"}, "HSTS_PRELOAD needs HSTS_SUBDOMAINS=1"),
    "preload too short": (
        {"HSTS_PRELOAD": "1", "HSTS_SUBDOMAINS": "1", "HSTS_SECONDS": "3600"},
        "HSTS_SECONDS=31536000 or more",
    ),
    "HSTS": ({"HSTS_SECONDS": "soon"}, "HSTS_SECONDS='soon' is not a whole number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_setting_that_makes_no_sense_refuses_to_start(name: str) -> None:
    changes, reason = REFUSED[name]
    code, said = check(**changes)
    assert code != 0
    assert re.search(re.escape(reason), said.splitlines()[-1])
