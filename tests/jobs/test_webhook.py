"""Outcomes of runs go to a webhook, which can delay and break nothing."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from postroom.shared.env import Environment, SettingsError
from postroom.shared.setting_values import webhook
from postroom.web.jobs import channels
from postroom.web.jobs.models import JobRun


class Hook:
    """A webhook on this machine: what it got, and what it answers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.bodies: list[Any] = []
        self.code = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.bodies.append(json.loads(body))
                hook.texts.append(hook.bodies[-1].get("text", ""))
                self.send_response(hook.code)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/KEY?x=1"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def hook(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """In a test's transaction nothing would be announced."""
    found = Hook()
    settings.JOB_WEBHOOK_URL = found.url
    monkeypatch.setattr(channels, "_is_recorded", lambda: True)
    yield found
    found.server.shutdown()
    found.server.server_close()


def run(*arguments: str) -> None:
    call_command("sample_job", *arguments, stdout=StringIO())


@pytest.mark.django_db
def test_trouble_is_posted_and_success_only_where_all_is_wanted(hook: Hook, settings: Any) -> None:
    run()
    run("--dry-run")
    assert hook.texts == []
    with pytest.raises(CommandError):
        run("--fail-at=0")
    [text] = hook.texts
    assert text.startswith("Postroom: sample_job on ")
    assert "failed in " in text
    assert text.endswith("LookupError: item 0 is missing")
    settings.JOB_WEBHOOK_EVENTS = "all"
    run()
    assert "completed in " in hook.texts[-1]
    settings.JOB_WEBHOOK_FORMAT = "card"
    run()
    [attachment] = hook.bodies[-1]["attachments"]
    assert "completed in " in attachment["content"]["body"][0]["text"]


@pytest.mark.django_db
def test_run_that_is_tried_again_is_posted_once_it_has_ended(
    hook: Hook, settings: Any, tmp_path: Path
) -> None:
    settings.JOB_RETRY_SECONDS, settings.JOB_WEBHOOK_EVENTS = 0, "all"
    run("--scheduled-for=2026-11-30T08:00Z", "--trip-at=0", f"--marks={tmp_path}")
    [text] = hook.texts
    assert "completed in " in text


@pytest.mark.django_db
@pytest.mark.parametrize("code", [302, 404, 500])
def test_refusal_is_logged_without_the_url_and_changes_nothing(
    hook: Hook, settings: Any, capsys: pytest.CaptureFixture[str], code: int
) -> None:
    settings.JOB_WEBHOOK_EVENTS, hook.code = "all", code
    run()
    assert len(hook.texts) == 1  # a redirect is not followed
    logged = capsys.readouterr().err
    assert f"WebhookError: it answered {code}" in logged
    assert "KEY" not in logged
    assert JobRun.objects.get().status == "completed"


@pytest.mark.django_db
def test_webhook_that_is_away_changes_nothing(
    hook: Hook, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    hook.server.server_close()
    settings.JOB_WEBHOOK_EVENTS = "all"
    run()
    assert "channel_failed" in capsys.readouterr().err
    assert JobRun.objects.get().status == "completed"


@pytest.mark.django_db
def test_slow_channel_is_left_behind(
    hook: Hook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    released = threading.Event()
    monkeypatch.setattr(channels, "LONGEST_SECONDS", 0.05)
    monkeypatch.setattr(channels, "_channels", [lambda _outcome: released.wait(60)])
    run()
    assert "channel_too_slow" in capsys.readouterr().err
    released.set()


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/KEY",
        "ftp://hooks.example.org/KEY",
        "hooks.example.org/KEY",
        "https://user:secret@hooks.example.org/KEY",
        "https://hooks.example.org/KEY#part",
        "http://192.0.2.1/KEY",
    ],
)
def test_url_that_is_not_safe_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="JOB_WEBHOOK_URL") as raised:
        webhook(Environment({"JOB_WEBHOOK_URL": url}), "JOB_WEBHOOK_URL")
    assert "KEY" not in str(raised.value).replace("services/KEY", "")


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.org/a/KEY?b=c", "http://localhost:8065/hooks/KEY", "http://[::1]:1/x"],
)
def test_url_by_https_or_to_this_machine_is_taken(url: str) -> None:
    assert webhook(Environment({"JOB_WEBHOOK_URL": url}), "JOB_WEBHOOK_URL") == url
