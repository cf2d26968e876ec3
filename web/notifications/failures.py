"""Sends a failed notice later, when its cause is fixed."""

from django.apps import apps
from django.db import transaction
from django.utils import timezone

from postroom.web.notifications.models import NoticeFailure
from postroom.web.notifications.queue_notices import queue
from postroom.web.notifications.registry import Change, Notice, all_notices


class NoticeNotSentError(Exception):
    """The notice cannot be sent this time either; the message says why."""


def send_again(failure_id: int) -> int:
    """Queue the e-mails of one failure and mark it as sent; returns the number of e-mails.

    Recipients, title and so on are the current ones; old value, new value, person and time are
    those of the change. Of two concurrent calls one raises NoticeNotSentError.

    Raises:
        NoticeNotSentError: it was already sent, the row or declaration is gone, or it fails again.
    """
    try:
        with transaction.atomic():
            open_ones = NoticeFailure.objects.select_for_update().filter(sent_at=None)
            count = queue(*_rebuilt(open_ones.filter(pk=failure_id).first()))
            NoticeFailure.objects.filter(pk=failure_id).update(sent_at=timezone.now())
            return count
    except NoticeNotSentError:
        raise
    except Exception as error:
        raise NoticeNotSentError(f"{type(error).__name__}: {error}") from error


def _rebuilt(failure: NoticeFailure | None) -> tuple[Notice, Change]:
    if failure is None:
        raise NoticeNotSentError("This notice has already been sent.")
    model = apps.get_model(failure.model)
    wanted = (failure.field, failure.template)
    notice = next(
        (
            each
            for each in all_notices()
            if issubclass(model, each.model) and (each.field, each.template) == wanted
        ),
        None,
    )
    row = model._base_manager.filter(pk=failure.object_id).first()
    if notice is None or row is None:
        gone = "declaration" if notice is None else "row"
        raise NoticeNotSentError(f"Its {gone} does not exist any more.")
    return notice, Change(
        row,
        failure.field,
        None,
        getattr(row, notice.column),
        failure.actor,
        failure.changed_at,
        labels=(failure.old_label, failure.new_label),
    )
