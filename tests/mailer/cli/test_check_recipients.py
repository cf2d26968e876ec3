"""`postroom-mailer check` shows where mail goes instead of its recipients."""

from unittest.mock import Mock

import pytest

from postroom.mailer.cli import check, check_broker, check_database, check_templates
from postroom.shared.recipient_rule import RecipientRule


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (check_database, check_broker):
        monkeypatch.setattr(module, "check", lambda _: "works")
    monkeypatch.setattr(check_templates, "templates", lambda _: "work")
    monkeypatch.setattr(check, "check_smtp", lambda *_, **__: "works")


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (RecipientRule(("qa@example.org",)), "recipients: mail is redirected to qa@example.org"),
        (
            RecipientRule((), frozenset({"b.org", "a.org"})),
            "recipients: mail goes only to addresses at a.org, b.org",
        ),
    ],
)
def test_a_rule_is_shown(
    capsys: pytest.CaptureFixture[str], rule: RecipientRule, line: str
) -> None:
    assert check.everything(Mock(dkim=None, recipient_rule=rule)) == 0
    assert line in capsys.readouterr().out


def test_without_a_rule_there_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    check.everything(Mock(dkim=None, recipient_rule=RecipientRule()))
    assert "recipients" not in capsys.readouterr().out
