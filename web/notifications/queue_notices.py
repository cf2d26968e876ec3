"""Queues the e-mails about changes. A notice that cannot be built is recorded, the change kept."""

import traceback
from collections.abc import Collection
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Model
from django.utils import timezone

from postroom.shared.telemetry.logs import logger
from postroom.web.emails.queueing.tasks import task
from postroom.web.emails.service import email_service
from postroom.web.letter_words import answers, language_for, written_in
from postroom.web.notifications import content
from postroom.web.notifications.actor import current_actor
from postroom.web.notifications.models import How, NoticeFailure, PendingNotice
from postroom.web.notifications.recipients import Person, people
from postroom.web.notifications.registry import Change, Notice
from postroom.web.notifications.stored import Values, fresh_rows
from postroom.web.notifications.wishes import links, pending, preferences
from postroom.web.notifications.wishes.limits import within_limits

log = logger("postroom.web.notifications")


def queue_changes(model: type[Model], notices: Collection[Notice], before: Values) -> None:
    """Queue notices of how rows differ from `before`, in its order, in the caller's transaction."""
    if not before:
        return
    actor, now = current_actor(), timezone.now()
    for row in fresh_rows(model, list(before), notices):
        for notice in notices:
            old, new = before[row.pk][notice.column], getattr(row, notice.column)
            if old != new:
                queue_or_record(notice, Change(row, notice.field, old, new, actor, now))


def queue_or_record(notice: Notice, change: Change) -> None:
    """Queue the change's e-mails, or record why that was not possible.

    A user's change must not fail because its notice cannot be built, and the missing e-mail must
    not go unnoticed: the failure is a row that commits with the change.

    Raises:
        OperationalError, InterfaceError: the database is unavailable; nothing can be saved.
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
        old, new = _labels_or_values(notice, change)
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
    """Queue one e-mail per person who wants it at once, within the limits of an hour.

    For the others the change is kept, for their daily digest or the bundle of what is over a limit;
    people who turned the kind off get nothing. Returns how many are queued or kept.

    Raises:
        Exception: any error of the declaration's functions or of the e-mail service.
    """
    kind, row = notice.email_type, change.instance
    wishes = preferences.wishes(kind, everybody := people(notice, change))
    wanted = [one for one in everybody if wishes[one.address].how is not How.OFF]
    daily = [one for one in wanted if wishes[one.address].how is How.DAILY]
    if not preferences.can_wait():
        daily = []
    at_once = [one for one in wanted if one not in daily]
    allowed = within_limits([one.address for one in at_once], row, change.actor)
    later = [(one, preferences.next_digest(wishes[one.address].zone, change.at)) for one in daily]
    if preferences.can_wait():
        bundled = [one for one in at_once if one.address not in allowed]
        later += [(one, change.at) for one in bundled]  # with the next run of the job
    if not (allowed or later):
        return 0
    variables = content.variables(notice, change)
    with task(kind):
        for one in at_once:
            if one.address in allowed:
                _send(notice, row, one, variables)
    if later:
        with written_in(language_for(pending.TEMPLATE)):
            facts = content.facts(change)
        PendingNotice.objects.bulk_create(
            pending.keep(one, kind, change, facts, due) for one, due in later
        )
    return len(allowed) + len(later)


def _send(notice: Notice, row: Any, person: Person, variables: dict[str, Any]) -> None:
    link, headers = links.of(notice.email_type, person)
    email_service.send_email_task(
        email_type=notice.email_type,
        subject="",
        recipients=[person.address],
        template_path=notice.template,
        language=language_for(notice.template),
        context={"preferences_url": link, **variables},
        **answers(),
        headers=headers,
        list_id=preferences.list_id(notice.email_type),
        source_app=row._meta.app_label,
        related_model_id=f"{row._meta.model_name}:{row.pk}",
    )


def _labels_or_values(notice: Notice, change: Change) -> tuple[str, str]:
    try:
        with transaction.atomic(), written_in(language_for(notice.template)):
            return content.labels(change)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001 - perhaps the same error again, which is recorded
        return str(change.old), str(change.new)
