"""What operators decide about e-mails in the admin, recorded with their name."""

from collections.abc import Callable, Collection, Sequence

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails import selectors, transitions
from postroom.web.emails.models import EmailQueue

_BATCH = 1000


def requeue(email_ids: Sequence[int], user: User) -> int:
    """Requeue those that can be. Number of e-mails."""
    return _decide(
        email_ids, user, REQUEUEABLE, transitions.requeue, "Requeued.", with_content=True
    )


def cancel(email_ids: Sequence[int], user: User) -> int:
    """Cancel those that still wait. Number of e-mails."""
    return _decide(email_ids, user, {Status.PENDING}, transitions.cancel, "Cancelled.")


def confirm_arrived(email_ids: Sequence[int], user: User) -> int:
    """Complete those whose outcome is unknown. Number of e-mails."""
    return _decide(
        email_ids, user, {Status.UNKNOWN}, transitions.confirm_arrived, "Marked as arrived."
    )


def history(email: EmailQueue) -> list[LogEntry]:
    """The decisions about `email`, newest first, at most 50."""
    kind = ContentType.objects.get_for_model(EmailQueue)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(email.pk))
    return list(entries.select_related("user").order_by("-pk")[:50])


def _decide(
    email_ids: Sequence[int],
    user: User,
    states: Collection[Status],
    transition: Callable[[Sequence[int]], int],
    message: str,
    *,
    with_content: bool = False,
) -> int:
    moved = 0
    for start in range(0, len(email_ids), _BATCH):
        with transaction.atomic():
            # Locked first, so that the log names exactly the e-mails that move.
            ids = selectors.lock_in_states(
                email_ids[start : start + _BATCH], states, with_content=with_content
            )
            moved += transition(ids)
            LogEntry.objects.log_actions(
                user_id=user.pk,
                queryset=EmailQueue.objects.filter(pk__in=ids).only("pk", "email_type"),
                action_flag=CHANGE,
                change_message=message,
            )
    return moved
