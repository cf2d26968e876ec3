"""A template that the mailer does not have is ours: the e-mail waits, and no attempt is counted."""

from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from postroom.mailer.attempt import Attempt
from postroom.mailer.circuit import Circuit, Pace
from postroom.mailer.coroutines import finish
from postroom.mailer.metrics import Metrics
from postroom.mailer.outcomes.retry_policy import RetrySettings
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.mailer.rows.result import Result
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.status import RecipientKind, Status

EMAIL = ClaimedEmail(
    1, "token", 8, 8, datetime.now(UTC), "<a@example.org>", "note", "Hello", "a@example.org",
    template_path="note", recipients=(Recipient(1, RecipientKind.TO, "ann@example.org"),),
)  # fmt: skip


def tried(folder: Path, email: ClaimedEmail = EMAIL) -> Result:
    attempt = Attempt(
        renderer=Renderer([folder]),
        files=Mock(),
        hand_over=Mock(),
        circuit=Circuit(probe_delay=1.0),
        pace=Pace(first=1.0, longest=1.0),
        retry=RetrySettings(base_seconds=30, max_seconds=60, max_age_seconds=1000),
    )
    return finish(attempt.run(email, Mock()))


@pytest.mark.parametrize(
    "body",
    ["", "{% include 'part.html' %}", "{% extends 'none.html' %}", "{% import 'm.html' as m %}"],
)
def test_it_waits(tmp_path: Path, body: str) -> None:
    if body:
        (tmp_path / "note").mkdir()
        (tmp_path / "note/body.html").write_text(body)
    result = tried(tmp_path)
    decision = result.decision
    assert (decision.status, decision.counts) == (Status.PENDING, False)
    assert decision.delay_seconds
    assert decision.delay_seconds >= 60
    assert "This mailer does not have a template: note" in decision.error
    assert "EMAIL_TEMPLATE_DIRS" in decision.error
    metrics = Metrics()
    metrics.count(result)
    assert b"postroom_template_missing_total 1.0" in metrics.text()


def test_it_does_not_wait_for_ever(tmp_path: Path) -> None:
    assert tried(tmp_path, EMAIL._replace(age_seconds=1000.0)).decision.status is Status.FAILED


@pytest.mark.parametrize("body", ["{% if %}", "{{ missing }}", "{{ 1 / 0 }}"])
def test_a_faulty_template_is_the_emails_failure(tmp_path: Path, body: str) -> None:
    (tmp_path / "note").mkdir()
    (tmp_path / "note/body.html").write_text(body)
    assert tried(tmp_path).decision.status is Status.FAILED


def test_the_text_given_wins_over_the_templates(tmp_path: Path) -> None:
    (tmp_path / "note").mkdir()
    (tmp_path / "note/body.html").write_text("<p>a</p>")
    (tmp_path / "note/body.txt").write_text("of the template")
    renderer = Renderer([tmp_path])
    assert renderer.render("note", {}, subject="s", text="own").text == "own"
    assert renderer.render("note", {}, subject="s").text == "of the template\n"
