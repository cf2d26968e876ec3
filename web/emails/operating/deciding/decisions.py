"""What operators decide about e-mails, recorded with their name and the time.

Each takes ids of e-mails in any state, moves those that may, and returns how many. Nothing here
asks: what will happen is for `forecast` to say, before.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.utils import timezone

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails import selectors, transitions
from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.emails.operating.deciding.spoken import spoken
from postroom.web.people import account_of

_BATCH: Final = 1000
_MOST_SHOWN: Final = 50
_LONGEST_NAME: Final = 200  # of LogEntry.object_repr


def requeue(email_ids: Sequence[int], user: User) -> int:
    """Requeue those that can be, also what expired or was cancelled. Number of e-mails."""
    return len(requeued(email_ids, user))


def cancel(email_ids: Sequence[int], user: User) -> int:
    """Cancel those that still wait. Number of e-mails."""
    return len(cancelled(email_ids, user))


def confirm_arrived(email_ids: Sequence[int], user: User) -> int:
    """Complete those whose outcome is unknown. Number of e-mails."""
    return len(arrived(email_ids, user))


def allow_and_requeue(email_ids: Sequence[int], user: User) -> int:
    """Take the addresses that forbid it from the suppression list, and requeue. Number of e-mails.

    Only of e-mails that can be requeued; each entry that is removed is recorded too.
    """
    return len(allowed(email_ids, user))


def requeued(
    email_ids: Sequence[int],
    user: User,
    *,
    states: Collection[Status] = REQUEUEABLE,
    expired: bool = True,
) -> list[int]:
    """As `requeue`, only from `states`, and what expired only with `expired`. The ids."""

    def move(ids: Sequence[int]) -> dict[int, str]:
        over = _expired(ids)
        moved = transitions.requeue(ids, states, expired=expired)
        return {pk: f"Requeued{_although(over, pk)}." for pk in moved}

    return _in_batches(email_ids, user, move)


def cancelled(email_ids: Sequence[int], user: User) -> list[int]:
    """As `cancel`. The ids."""
    return _in_batches(
        email_ids, user, lambda ids: dict.fromkeys(transitions.cancel(ids), "Cancelled.")
    )


def arrived(email_ids: Sequence[int], user: User) -> list[int]:
    """As `confirm_arrived`. The ids."""
    by = account_of(user)
    return _in_batches(
        email_ids,
        user,
        lambda ids: dict.fromkeys(transitions.confirm_arrived(ids, by), "Marked as arrived."),
    )


def allowed(email_ids: Sequence[int], user: User, *, expired: bool = True) -> list[int]:
    """As `allow_and_requeue`; without `expired`, nothing about what expired. The ids."""

    def move(ids: Sequence[int]) -> dict[int, str]:
        over = _expired(ids)
        asked = ids if expired else [pk for pk in ids if pk not in over]
        held = selectors.lock_in_states(asked, REQUEUEABLE, with_content=True)
        removed = transitions.allow(held)
        _record_removed(removed, user)
        free: dict[int, list[str]] = {}
        for entry in removed:
            for pk in entry.email_ids:
                free.setdefault(pk, []).append(entry.address)
        return {
            pk: f"{_allowed_words(free.get(pk, ()))}{_although(over, pk)}."
            for pk in transitions.requeue(held)
        }

    return _in_batches(email_ids, user, move)


def history(email: EmailQueue) -> list[LogEntry]:
    """The decisions about `email`, newest first, at most 50."""
    kind = ContentType.objects.get_for_model(EmailQueue)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(email.pk))
    return list(entries.select_related("user").order_by("-pk")[:_MOST_SHOWN])


def _in_batches(
    email_ids: Sequence[int], user: User, move: Callable[[Sequence[int]], Mapping[int, str]]
) -> list[int]:
    """`move` says of the ids that moved what to record."""
    everything: list[int] = []
    for start in range(0, len(email_ids), _BATCH):
        with transaction.atomic():
            said = move(email_ids[start : start + _BATCH])
            rows = EmailQueue.objects.filter(pk__in=said).only("pk", "email_type").order_by("pk")
            _record(EmailQueue, user, CHANGE, ((row.pk, str(row), said[row.pk]) for row in rows))
        everything += said
    return everything


def _record(
    model: type[models.Model], user: User, flag: int, entries: Iterable[tuple[int, str, str]]
) -> None:
    """One entry of the admin's history each: id, name and what was done."""
    kind = ContentType.objects.get_for_model(model)
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=user.pk,
            content_type=kind,
            object_id=str(pk),
            object_repr=name[:_LONGEST_NAME],
            action_flag=flag,
            change_message=message,
        )
        for pk, name, message in entries
    )


def _record_removed(removed: Sequence[transitions.Allowed], user: User) -> None:
    _record(
        Suppression,
        user,
        DELETION,
        (
            (entry.id, entry.address, f"Allowed again for e-mail #{entry.email_ids[0]}. {was}")
            for entry in removed
            for was in [f"It was suppressed because: {entry.reason or 'no reason given'}"]
        ),
    )


def _expired(ids: Sequence[int]) -> dict[int, Any]:
    rows = EmailQueue.objects.filter(pk__in=ids, expires_at__lte=timezone.now())
    return dict(rows.values_list("pk", "expires_at"))


def _although(over: Mapping[int, Any], pk: int) -> str:
    return f", although it had expired at {spoken(over[pk])}" if pk in over else ""


def _allowed_words(addresses: Sequence[str]) -> str:
    if not addresses:
        return "Requeued"
    shown = ", ".join(sorted(set(addresses))[:5])
    more = f" and {len(addresses) - 5} more" if len(addresses) > 5 else ""
    return f"Allowed {shown}{more} again and requeued"
