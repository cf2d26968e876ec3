"""Figures for rules of health, and what the command and the console say about them."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from postroom.shared.status import Priority
from postroom.web.emails.operating.health import Figures, Health, Limits, judge
from postroom.web.emails.operating.health.processes import Process
from postroom.web.emails.operating.queue_figures import ATTENTION, Flow, LaneFigures

NOW = datetime(2026, 11, 29, 16, 50, 3, tzinfo=UTC)


def process(kind: str = "mailer", name: str = "a", **values: Any) -> Process:
    """One that reports and has no trouble, with `values` changed."""
    usual: dict[str, Any] = {
        "state": "running",
        "waiting_for": "",
        "reason": "",
        "since": NOW - timedelta(seconds=40),
        "last_seen_at": NOW - timedelta(seconds=values.get("age", 1)),
        "server": "mail.example.org:587",
        "account": "default",
        "mail_limit": "",
        "in_flight": 0,
        "age": 1.0,
    }
    return Process(kind=kind, name=name, **usual | values)


def flow(
    *,
    oldest: float = 0.0,
    unpublished: int = 0,
    paused: bool = False,
    dropped: int = 0,
    **open_: int,
) -> Flow:
    """A queue with one lane; `open_`: e-mails that want a person, by state."""
    lane = LaneFigures(Priority.NORMAL, unpublished, 0, 0, oldest, paused)
    attention = {status: open_.get(status.value, 0) for status in ATTENTION}
    return Flow((lane,), in_flight=0, dropped=dropped, mailers=1, attention=attention)


def figures(**values: Any) -> Figures:
    """Everything in order, with a mailer and a relay; with `values` changed."""
    usual: dict[str, Any] = {"at": NOW, "processes": (process(), process("relay"))}
    return Figures(**usual | values)


def judged(limits: Limits | None = None, **values: Any) -> Health:
    """What the rules say about such figures."""
    return judge(figures(**values), limits or Limits())


def rules_of(health: Health) -> list[str]:
    """The rules that found something, worst first."""
    return [finding.rule for finding in health.findings]


def check(*arguments: str) -> tuple[int, str]:
    """Exit status and output of `check_email_queue`."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_email_queue", *arguments, stdout=out)
    code = ended.value.code
    assert isinstance(code, int)
    return code, out.getvalue()
