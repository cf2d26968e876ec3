"""Rules about the mail server (SMTP), as the mailers report it."""

from collections.abc import Iterator
from datetime import datetime

from postroom.shared.waits_for import WaitsFor
from postroom.web.emails.operating.health.figures import Figures
from postroom.web.emails.operating.health.processes import Process, since_of
from postroom.web.emails.operating.health.rule import Alert, Limits, Rule
from postroom.web.emails.operating.health.rules import whom, words
from postroom.web.emails.operating.health.verdict import Finding, Verdict, finding

PAGE = "smtp-down"


def _away(figures: Figures, _: Limits) -> Iterator[Finding]:
    for mailers in _by_reason(figures, WaitsFor.SMTP):
        reason = words.clause(mailers[0].reasons.get(WaitsFor.SMTP.value, "no answer"))
        since = since_of(mailers, WaitsFor.SMTP)
        verdict = _verdict(figures, mailers, since)
        when = "when it is back"
        yield finding(
            verdict,
            f"The mail server cannot be used: {reason}.{_some(figures, mailers)}",
            since=since,
            hurts=whom.hurt(figures),
            recovers=whom.others_work(f"by themselves {when}")
            if verdict is Verdict.WARNING
            else whom.by_itself(figures, when),
            do="Check whether the mail server runs, and EMAIL_HOST and EMAIL_PORT of the mailer.",
            place="emails",
            query="status=pending",
        )


def _refuses_us(figures: Figures, _: Limits) -> Iterator[Finding]:
    for mailers in _by_reason(figures, WaitsFor.SMTP_OPERATOR):
        reason = words.clause(mailers[0].reasons.get(WaitsFor.SMTP_OPERATOR.value, "no reason"))
        since = since_of(mailers, WaitsFor.SMTP_OPERATOR)
        verdict = _verdict(figures, mailers, since)
        yield finding(
            verdict,
            f"The mail server {mailers[0].server} refuses us: {reason}."
            f"{_some(figures, mailers)} Only an operator can fix this.",
            since=since,
            hurts=whom.hurt(figures),
            recovers=whom.others_work("when the cause is fixed and they are restarted")
            if verdict is Verdict.WARNING
            else whom.after_the_fix(figures, "the cause is fixed and mailers are restarted"),
            do="Correct what the server refuses (a login: EMAIL_HOST_USER and "
            "EMAIL_HOST_PASSWORD of the mailer), try it with `postroom-mailer check`, and restart "
            "the mailers.",
            place="emails",
            query="status=pending",
        )


def _by_reason(figures: Figures, what: WaitsFor) -> list[list[Process]]:
    """The mailers that wait for it: of one server and reason together, most mailers first."""
    groups: dict[tuple[str, str], list[Process]] = {}
    for mailer in figures.of_kind("mailer"):
        if mailer.waits_for(what):
            key = mailer.server, mailer.reasons.get(what.value, "")
            groups.setdefault(key, []).append(mailer)
    return sorted(groups.values(), key=len, reverse=True)


def _verdict(figures: Figures, mailers: list[Process], since: datetime | None) -> Verdict:
    """Critical unless another mailer has sent since then: an idle one may not know of it yet."""
    sent = figures.ended.last_sent
    if len(mailers) == len(figures.of_kind("mailer")) or sent is None:
        return Verdict.CRITICAL
    return Verdict.CRITICAL if since and sent <= since else Verdict.WARNING


def _some(figures: Figures, mailers: list[Process]) -> str:
    every = len(figures.of_kind("mailer"))
    return "" if len(mailers) == every else f" So say {len(mailers)} of {every} mailers."


RULES = (
    Rule(
        "smtp_refuses_us",
        PAGE,
        "the mail server refuses the login, or us",
        _refuses_us,
        Alert(
            "PostroomSmtpRefusesUs",
            "either",
            "The mail server refuses the mailer's login, or the mailer itself",
        ),
    ),
    Rule(
        "smtp_away",
        PAGE,
        "the mail server cannot be used",
        _away,
        Alert("PostroomSmtpDown", "either", "The SMTP server cannot be used", wait="5m"),
    ),
)
