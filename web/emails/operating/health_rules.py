"""Judges from the figures whether mail is going out, for dashboard and `check_email_queue`."""

from datetime import timedelta
from enum import IntEnum
from typing import Final

from postroom.shared.status import Status
from postroom.web.emails.operating import limits
from postroom.web.emails.operating.queue_figures import EndedCounts, Flow

MAX_AGE: Final = timedelta(minutes=10)
MAX_FAILED: Final = 5
_RELAY_PATIENCE: Final = 30.0  # seconds; a relay normally publishes within one


class Verdict(IntEnum):
    """OK, WARNING: needs attention, CRITICAL: no mail is being sent."""

    OK = 0
    WARNING = 1
    CRITICAL = 2


def judge(
    now: Flow, ended: EndedCounts, *, max_age: timedelta = MAX_AGE, max_failed: int = MAX_FAILED
) -> Verdict:
    """The worst that applies. Half of a limit warns, and so does anything that stops mail."""
    if now.oldest_seconds > max_age.total_seconds() or ended.failed > max_failed:
        return Verdict.CRITICAL
    found = reasons(now, ended, max_age=max_age, max_failed=max_failed)
    return Verdict.WARNING if found else Verdict.OK


def reasons(
    now: Flow, ended: EndedCounts, *, max_age: timedelta = MAX_AGE, max_failed: int = MAX_FAILED
) -> list[str]:
    """What is wrong, each with what to check; empty when nothing is."""
    found = [f"Attention: {sentence}." for sentence in limits.sentences()]
    if now.paused:
        found.append(f"Sending is paused: {', '.join(now.paused)}.")
    if not now.mailers:
        found.append("No mailer is running: start postroom-mailer run.")
    if now.unpublished and now.oldest_seconds > _RELAY_PATIENCE:
        found.append(
            f"Not yet handed to RabbitMQ: {_count(now.unpublished)}; check the relay "
            "(manage.py relay_emails) and RabbitMQ."
        )
    if now.oldest_seconds > max_age.total_seconds() / 2:
        found.append(f"The longest wait is {now.oldest_seconds / 60:.0f} minutes.")
    if now.dropped:
        verb = "is" if now.dropped == 1 else "are"
        found.append(f"{_count(now.dropped)} {verb} held by mailers that have stopped responding.")
    if ended.failed > max_failed / 2:
        found.append(f"{_count(ended.failed)} failed in the last hour.")
    return found


def in_one_line(now: Flow, ended: EndedCounts, *, within: str) -> str:
    """The figures in one line; `within` is the period of `ended`, for example "1h"."""
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


def _count(emails: int) -> str:
    return "1 e-mail" if emails == 1 else f"{emails} e-mails"
