"""Queues the e-mails about changes; what cannot be told is recorded and loses nobody's change."""

import traceback
from collections.abc import Collection
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.utils import timezone

from postroom.shared.telemetry.logs import logger
from postroom.web.emails.service import email_service
from postroom.web.notifications import content
from postroom.web.notifications.actor import current_actor
from postroom.web.notifications.declaration import Change, Notice
from postroom.web.notifications.models import NoticeFailure
from postroom.web.notifications.recipients import addresses
from postroom.web.notifications.stored import Values, fresh_rows

log = logger("postroom.web.notifications")


def tell_changes(model: type[Model], notices: Collection[Notice], before: Values) -> None:
    """Tell how rows differ from `before`, in its order. Call it in the change's transaction."""
    if not before:
        return
    actor, now = current_actor(), timezone.now()
    for row in fresh_rows(model, list(before), notices):
        for notice in notices:
            old, new = before[row.pk][notice.column], getattr(row, notice.column)
            if old != new:
                tell_or_record(notice, Change(row, notice.field, old, new, actor, now))


def tell_or_record(notice: Notice, change: Change) -> None:
    """Queue the change's e-mails, or write down why that was not possible.

    A user's change must not fail because its notice cannot be built, and nobody may think that it
    was told: the failure is a row that commits with the change.

    Raises:
        OperationalError, InterfaceError: the database itself is in trouble; nothing can be kept.
    """
    try:
        with transaction.atomic():
            if notice.matters(change):
                queue(notice, change)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        row = change.instance
        log.exception("notice_failed", model=row._meta.label_lower, pk=row.pk, field=change.field)
        old, new = _labels_or_values(change)
        NoticeFailure.objects.create(
            model=row._meta.label_lower,
            object_id=str(row.pk),
            field=change.field,
            template=notice.template,
            old_label=old,
            new_label=new,
            actor=change.actor,
            changed_at=change.at,
            error=f"{type(error).__name__}: {error}".replace("\x00", ""),
            traceback=traceback.format_exc().replace("\x00", ""),
        )


def queue(notice: Notice, change: Change) -> int:
    """Queue one e-mail a person; how many.

    Raises:
        Exception: whatever the declaration's functions or the e-mail service refuse.
    """
    people = addresses(notice, change)
    if not people:
        return 0
    row: Any = change.instance
    variables = content.variables(notice, change)
    for address in people:
        email_service.send_email_task(
            email_type=notice.email_type,
            subject="",
            recipients=[address],
            template_path=notice.template,
            context=variables,
            source_app=row._meta.app_label,
            related_model_id=f"{row._meta.model_name}:{row.pk}",
        )
    return len(people)


def _labels_or_values(change: Change) -> tuple[str, str]:
    try:
        with transaction.atomic():
            return content.labels(change)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - it may be what failed before, and that is recorded
        return str(change.old), str(change.new)
