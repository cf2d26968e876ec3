"""Whether mail flows, judged from the figures: for the dashboard and for `check_email_queue`."""

from datetime import timedelta
from enum import IntEnum
from typing import Final

from postroom.shared.status import Status
from postroom.web.emails.operating.queue_figures import EndedCounts, Flow

MAX_AGE: Final = timedelta(minutes=10)
MAX_FAILED: Final = 5
_RELAY_PATIENCE: Final = 30.0  # seconds; a relay publishes within one


class Verdict(IntEnum):
    """OK: all is well; WARNING: look at it soon; CRITICAL: mail does not flow."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


def judge(
    now: Flow, ended: EndedCounts, *, max_age: timedelta = MAX_AGE, max_failed: int = MAX_FAILED
) -> Verdict:
    """The worst that is true. Half of a limit warns, and so does what stops mail from flowing."""
    if now.oldest_seconds > max_age.total_seconds() or ended.failed > max_failed:
        return Verdict.CRITICAL
    found = reasons(now, ended, max_age=max_age, max_failed=max_failed)
    return Verdict.WARNING if found else Verdict.OK


def reasons(
    now: Flow, ended: EndedCounts, *, max_age: timedelta = MAX_AGE, max_failed: int = MAX_FAILED
) -> list[str]:
    """Why it is no better, each with what to look at; empty when all is well."""
    found = []
    if now.paused:
        found.append(f"Sending is paused: {', '.join(now.paused)}.")
    if not now.mailers:
        found.append("No mailer runs: start postroom-mailer run.")
    if now.unpublished and now.oldest_seconds > _RELAY_PATIENCE:
        found.append(
            f"Due e-mails without a message in RabbitMQ: {now.unpublished}; look at the relay "
            "(manage.py relay_emails) and at RabbitMQ."
        )
    if now.oldest_seconds > max_age.total_seconds() / 2:
        found.append(f"The oldest due e-mail waits {now.oldest_seconds / 60:.0f} minutes.")
    if now.dropped:
        found.append(f"E-mails in the hands of mailers that do not report back: {now.dropped}.")
    if ended.failed > max_failed / 2:
        found.append(f"E-mails that failed within the hour: {ended.failed}.")
    return found


def in_one_line(now: Flow, ended: EndedCounts, *, within: str) -> str:
    """The figures in one line; `within` is the span of `ended` in words."""
    parts = [
        f"oldest due e-mail waits {now.oldest_seconds:.0f} s",
        f"{now.due} due ({now.unpublished} unpublished)",
        f"{now.in_flight} in flight",
        f"{ended.sent} sent and {ended.failed} failed within {within}",
        f"{now.attention[Status.UNKNOWN]} unknown",
        f"{now.mailers} mailers",
    ]
    if now.paused:
        parts.append(f"PAUSED: {', '.join(now.paused)}")
    return ", ".join(parts)
