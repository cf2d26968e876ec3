"""EMAIL_REDIRECT_ALL_TO and EMAIL_ALLOWED_DOMAINS hold for every e-mail that a mailer has."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from postroom.mailer.attempt import Attempt
from postroom.mailer.circuit import Circuit, Pace
from postroom.mailer.coroutines import finish
from postroom.mailer.outcomes.outcome import Accepted, Failed, Outcome, Phase, Reply
from postroom.mailer.outcomes.retry_policy import RetrySettings
from postroom.mailer.rows.claimed_email import ClaimedEmail, Recipient
from postroom.mailer.rows.result import Result, hard_bounces, recipient_rows
from postroom.shared.env import Environment, SettingsError
from postroom.shared.recipient_rule import RecipientRule, recipient_rule
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.status import RecipientKind, Status

TO, CC, BCC = RecipientKind
PEOPLE = (
    Recipient(1, TO, "ann@example.org", "Ann"),
    Recipient(2, CC, "ben@Müller.example"),
    Recipient(3, BCC, "carl@example.com"),
)
EMAIL = ClaimedEmail(
    1, "token", 1, 8, datetime.now(UTC), "<a@example.org>", "note", "Hello", "a@example.org",
    plain_body="Text", recipients=PEOPLE,
)  # fmt: skip
OK, GONE = Reply(250, "ok"), Reply(550, "5.1.1 no such user")


class FakeSession:
    """Keeps what is sent, and answers for each address."""

    def __init__(self, refuse: Sequence[str] = ()) -> None:
        self.sent: list[tuple[list[str], bytes]] = []
        self._refuse = refuse

    def send(self, _sender: str, recipients: list[str], data: bytes, **_: Any) -> Any:
        self.sent.append((recipients, data))
        yield from ()
        return {to: self._answer(to) for to in recipients}

    def _answer(self, address: str) -> Outcome:
        if address in self._refuse:
            return Failed(Phase.RCPT, GONE, GONE.text, hard_bounce=True)
        return Accepted(OK)


def tried(rule: RecipientRule, session: FakeSession, email: ClaimedEmail = EMAIL) -> Result:
    files = Mock()
    files.load = lambda email: email
    attempt = Attempt(
        renderer=Renderer([Path(__file__).parent]),
        files=files,
        hand_over=Mock(),
        circuit=Circuit(probe_delay=1.0),
        pace=Pace(first=1.0, longest=1.0),
        retry=RetrySettings(),
        rule=rule,
    )
    return finish(attempt.run(email, session))  # type: ignore[arg-type]


def rule(**settings: str) -> RecipientRule:
    return recipient_rule(Environment(settings))


def test_redirected_mail_goes_nowhere_else_and_names_its_recipients() -> None:
    session = FakeSession()
    result = tried(rule(EMAIL_REDIRECT_ALL_TO="qa@staging.org,dev@staging.org"), session)
    [(envelope, data)] = session.sent
    assert envelope == ["qa@staging.org", "dev@staging.org"]
    message = message_from_bytes(data, policy=policy.default)
    assert message["To"] == "qa@staging.org, dev@staging.org"
    assert message["Cc"] is None
    assert message["Subject"] == "[ann@example.org and 2 more] Hello"
    original = message["X-Postroom-Original-To"]
    assert original == "ann@example.org, ben@Müller.example (cc), carl@example.com (bcc)"
    assert result.decision.status is Status.COMPLETED
    assert {row["status"] for row in recipient_rows(result)} == {"accepted"}


def test_many_recipients_fit_into_the_header() -> None:
    people = tuple(Recipient(i, TO, f"person{i}@{'x' * 60}.example") for i in range(90))
    session = FakeSession()
    tried(rule(EMAIL_REDIRECT_ALL_TO="qa@staging.org"), session, EMAIL._replace(recipients=people))
    message = message_from_bytes(session.sent[0][1], policy=policy.default)
    assert message["X-Postroom-Original-To"].endswith(" more")


def test_a_redirect_that_bounces_says_nothing_about_the_recipients() -> None:
    session = FakeSession(refuse=["qa@staging.org"])
    result = tried(rule(EMAIL_REDIRECT_ALL_TO="qa@staging.org"), session)
    assert result.decision.status is Status.FAILED
    assert hard_bounces(result) == []


def test_other_domains_are_suppressed_with_the_reason() -> None:
    session = FakeSession()
    result = tried(rule(EMAIL_ALLOWED_DOMAINS="Example.ORG, xn--mller-kva.example"), session)
    [(envelope, _)] = session.sent
    assert envelope == ["ann@example.org", "ben@xn--mller-kva.example"]
    assert result.decision.status is Status.PARTIAL
    [other] = [row for row in recipient_rows(result) if row["id"] == 3]
    assert other["status"] == "suppressed"
    assert "EMAIL_ALLOWED_DOMAINS" in other["reply"]


@pytest.mark.parametrize("domain", ["example.net", "org", "ample.org", "mail.example.org"])
def test_mail_to_other_domains_alone_is_not_sent_at_all(domain: str) -> None:
    session = FakeSession()
    result = tried(rule(EMAIL_ALLOWED_DOMAINS=domain), session)
    assert not session.sent
    decision = result.decision
    assert (decision.status, decision.counts) == (Status.SUPPRESSED, False)
    assert "EMAIL_ALLOWED_DOMAINS" in decision.error
    assert [row["status"] for row in recipient_rows(result)] == ["suppressed"] * 3


def test_without_a_rule_all_is_as_ever() -> None:
    session = FakeSession()
    assert tried(rule(), session).decision.status is Status.COMPLETED
    assert len(session.sent[0][0]) == 3


@pytest.mark.parametrize(
    "settings",
    [
        {"EMAIL_REDIRECT_ALL_TO": "nobody"},
        {"EMAIL_REDIRECT_ALL_TO": ","},
        {"EMAIL_ALLOWED_DOMAINS": "*"},
        {"EMAIL_ALLOWED_DOMAINS": " , "},
        {"EMAIL_ALLOWED_DOMAINS": "@"},
        {"EMAIL_REDIRECT_ALL_TO": "a@example.org", "EMAIL_ALLOWED_DOMAINS": "example.net"},
    ],
)
def test_nonsense_does_not_mean_no_limit(settings: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="EMAIL_"):
        rule(**settings)
