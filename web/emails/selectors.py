"""Queries about e-mails for the admin pages; nothing here writes."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from postroom.shared.addresses import comparison_key
from postroom.shared.status import Priority, RecipientStatus, Status
from postroom.web.emails.models import (
    EmailAttachment,
    EmailLog,
    EmailQueue,
    EmailRecipient,
    Suppression,
)

_RECENT_ROWS: Final = 2000
_MOST_DOMAINS: Final = 15
_LONGEST_TIMELINE: Final = 200
_LARGE_FIELDS: Final = ("context", "html_body", "plain_body", "headers", "metadata", "tags")


def emails_for_list() -> QuerySet[EmailQueue]:
    """E-mails without their content, each with `first_address` and `recipient_count`.

    Both are subqueries of the page's own query: no query per row, and none for other pages' rows.
    """
    recipients = EmailRecipient.objects.filter(email=OuterRef("pk"))
    count = recipients.order_by().values("email").annotate(n=Count("pk")).values("n")
    return EmailQueue.objects.defer(*_LARGE_FIELDS).annotate(
        first_address=Subquery(recipients.order_by("pk").values("address")[:1]),
        recipient_count=Coalesce(Subquery(count), 0),
    )


def recent_values(field: str) -> list[str]:
    """The values `field` has in the newest rows, without the empty one."""
    newest = EmailQueue.objects.order_by("-pk").values_list(field, flat=True)[:_RECENT_ROWS]
    return sorted({value for value in newest if value})


def recent_tasks() -> list[str]:
    """The tasks of the newest attempts."""
    newest = EmailLog.objects.order_by("-pk").values_list("task_name", flat=True)[:_RECENT_ROWS]
    return sorted({value for value in newest if value})


def recent_domains() -> list[str]:
    """The most frequent domains among the newest addresses, in alphabetical order."""
    newest = EmailRecipient.objects.order_by("-pk").values_list("address", flat=True)
    count = Counter(address.rpartition("@")[2].lower() for address in newest[:_RECENT_ROWS])
    return sorted(domain for domain, _ in count.most_common(_MOST_DOMAINS))


def with_keys(keys: Collection[str]) -> QuerySet[EmailQueue]:
    """The e-mails that have one of these idempotency keys.

    The statement excludes the empty key explicitly, as the partial index does: for more than a
    hundred keys PostgreSQL cannot prove that none is empty, and would read the whole table.
    """
    return EmailQueue.objects.filter(idempotency_key__in=keys).exclude(idempotency_key="")


def recipients(email: EmailQueue) -> list[EmailRecipient]:
    """Every address, in the order it was given."""
    return list(EmailRecipient.objects.filter(email=email).order_by("pk"))


def forbidding(email: EmailQueue) -> list[Suppression]:
    """The entries of the suppression list that keep it from addresses that did not accept it."""
    if email.priority == Priority.HIGH:
        return []
    open_ = EmailRecipient.objects.filter(email=email).exclude(
        status=RecipientStatus.ACCEPTED.value
    )
    keys = {comparison_key(address) for address in open_.values_list("address", flat=True)}
    lists = {"", email.list_id}
    return list(Suppression.objects.filter(address__in=keys, list_id__in=lists).order_by("pk"))


def timeline(email: EmailQueue) -> list[EmailLog]:
    """The attempts, newest first."""
    return list(EmailLog.objects.filter(email=email).order_by("-pk")[:_LONGEST_TIMELINE])


def attachments(email: EmailQueue) -> list[Mapping[str, Any]]:
    """Name, type, place and size of each file, never its bytes; of a sensitive e-mail's no name."""
    files = EmailAttachment.objects.filter(email=email).order_by("pk")
    fields = ("pk", "name", "mimetype", "disposition", "content_id")
    unnamed = {"name": "", "content_id": ""} if email.sensitive else {}
    return [dict(file) | unnamed for file in files.values(*fields, size=F("blob__size"))]


def lock_in_states(
    email_ids: Sequence[int], states: Collection[Status], *, with_content: bool = False
) -> list[int]:
    """Those of `email_ids` in one of `states`, held until the transaction ends.

    `with_content`: only those whose content was not erased.
    """
    rows = EmailQueue.objects.filter(pk__in=email_ids, status__in=[s.value for s in states])
    if with_content:
        rows = rows.filter(content_erased_at=None)
    return list(rows.order_by("pk").select_for_update().values_list("pk", flat=True))


def matching(
    status: Status, *, since: timedelta | None, email_type: str | None
) -> QuerySet[EmailQueue]:
    """E-mails in `status`: created within `since`, of this type."""
    rows = EmailQueue.objects.filter(status=status.value)
    if since is not None:
        rows = rows.filter(created_at__gt=Now() - since)
    return rows.filter(email_type=email_type) if email_type else rows
