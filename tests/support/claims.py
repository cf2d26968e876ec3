"""Stores as mailers have them, and what happens to the claims they hold."""

from datetime import timedelta

from django.db.models.functions import Now

from postroom.mailer.outcomes.outcome import Accepted, Outcome, Reply
from postroom.mailer.outcomes.retry_policy import Decision
from postroom.mailer.rows.claimed_email import ClaimedEmail
from postroom.mailer.rows.database import Database
from postroom.mailer.rows.result import Result
from postroom.mailer.rows.store import Store
from postroom.shared.status import AttemptOutcome, Status
from postroom.web.emails.models import EmailQueue, EmailRecipient

AGO = timedelta(seconds=-1)


def store_of(url: str, mailer: str) -> Store:
    return Store(Database(url, name=mailer), mailer=mailer, lease_seconds=60)


def lease_runs_out(email: EmailQueue) -> None:
    EmailQueue.objects.filter(pk=email.pk).update(lease_expires_at=Now() + AGO)


def address(email: EmailQueue) -> str:
    return EmailRecipient.objects.get(email=email).status


def accepted(email: ClaimedEmail) -> Result:
    reply = Reply(250, "queued")
    return result(email, Accepted(reply), Status.COMPLETED, AttemptOutcome.ACCEPTED)


def result(
    email: ClaimedEmail, outcome: Outcome, status: Status, attempt: AttemptOutcome
) -> Result:
    delay = 0.0 if status is Status.PENDING else None
    decision = Decision(status, attempt, delay_seconds=delay)
    return Result(email, {r.id: outcome for r in email.recipients}, decision, 1)


def with_token(email: ClaimedEmail, token: str) -> ClaimedEmail:
    return email._replace(claim_token=token)
