"""Where a setting of Postroom comes from in a Django site, and what a mailer gets of it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from dev.pages.settings_reading import asked_for
from postroom.shared.env import SettingsError
from postroom.shared.setting_names import OF_MAILERS
from postroom.web.conf import conf
from postroom.web.emails.mailer_environment import mailer_environment


def test_postroom_before_the_sites_own_before_the_environment(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_NAME", "of the environment")
    conf.forget()
    assert conf.site_name == "of the environment"
    settings.SITE_NAME = "of the site"
    assert conf.site_name == "of the site"
    settings.POSTROOM = {"SITE_NAME": "of POSTROOM"}
    assert conf.site_name == "of POSTROOM"


def test_file_in_the_environment_does_not_win_over_the_site(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("from-a-file\n")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(secret))
    conf.forget()
    assert conf.metrics_token == "from-a-file"
    settings.POSTROOM = {"METRICS_TOKEN": "from-the-site"}
    assert conf.metrics_token == "from-the-site"
    settings.POSTROOM = {"METRICS_TOKEN_FILE": secret}
    assert conf.metrics_token == "from-a-file"


def test_values_have_the_types_of_python(settings: Any, tmp_path: Path) -> None:
    odd = tmp_path / "a, b"
    odd.mkdir()
    settings.POSTROOM = {
        "EMAIL_TEMPLATE_DIRS": [tmp_path, odd],
        "EMAIL_MAX_RECIPIENTS": 3,
        "JOB_LEASE_SECONDS": 1.5,
        "TRUSTED_PROXIES": ("10.0.0.0/8", "unix"),
        "RABBITMQ_HOST": "rabbit.example.org",
        "RABBITMQ_URL": None,
    }
    assert conf.email_template_dirs == (tmp_path, odd)
    assert conf.email_max_recipients == 3
    assert conf.job_lease_seconds == 1.5
    assert conf.trusted_proxies.unix


def test_names_of_the_mailer_are_those_it_reads() -> None:
    assert {name for name, asked in asked_for().items() if "mailer" in asked.readers} == OF_MAILERS


@pytest.mark.filterwarnings("ignore:The EMAIL_")  # deprecated in Django 6.1
def test_mailer_gets_what_the_sites_settings_say(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_HOST", "of.the.environment")
    monkeypatch.setenv("EMAIL_HOST_PASSWORD_FILE", "/nonexisting")
    monkeypatch.setenv("MAILER_PREFETCH", "77")
    settings.EMAIL_HOST = "smtp.example.org"
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_PASSWORD = "secret"
    settings.EMAIL_TIMEOUT = None  # Django's way to write "not set"
    settings.DEFAULT_FROM_EMAIL = "Shop <shop@example.org>"
    settings.POSTROOM = {"MAILER_CONCURRENCY": 4}
    found = mailer_environment()
    assert found["EMAIL_HOST"] == "smtp.example.org"
    assert found["EMAIL_USE_TLS"] == "1"
    assert found["EMAIL_HOST_PASSWORD"] == "secret"
    assert "EMAIL_HOST_PASSWORD_FILE" not in found
    assert "EMAIL_TIMEOUT" not in found
    assert found["MAILER_CONCURRENCY"] == "4"
    assert found["MAILER_PREFETCH"] == "77"
    assert found["DEFAULT_FROM_EMAIL"] == "Shop <shop@example.org>"
    database = conninfo_to_dict(found["DATABASE_URL"])
    assert database["dbname"] == connection.settings_dict["NAME"]
    assert "tracker" in found["EMAIL_TEMPLATE_DIRS"]


def mailers(**options: Any) -> dict[str, Any]:
    return {"BACKEND": "postroom.backend.EmailBackend", "OPTIONS": options}


@pytest.fixture
def with_mailers(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets Django 6.1's MAILERS, which 5.2 takes for a setting of the site's own."""
    read = "postroom.web.emails.mailer_environment.settings"

    def use(**aliases: Any) -> None:
        from django.conf import settings

        class WithMailers:
            MAILERS = aliases

            def __getattr__(self, name: str) -> Any:
                return getattr(settings, name)

        monkeypatch.setattr(read, WithMailers())

    return use


def test_server_may_be_in_the_options_of_mailers(with_mailers: Any) -> None:
    with_mailers(
        default=mailers(host="smtp.example.org", port=587, use_tls=True, username="shop"),
        bulk=mailers(priority="bulk"),
        other={"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": {"host": "x"}},
    )
    found = mailer_environment()
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("smtp.example.org", "587")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_HOST_USER"]) == ("1", "shop")


def test_two_servers_in_mailers_are_refused(with_mailers: Any) -> None:
    with_mailers(default=mailers(host="smtp.example.org"), bulk=mailers(host="bulk.example.org"))
    with pytest.raises(SettingsError, match=r"MAILERS\['bulk'\] names another host"):
        mailer_environment()
