"""Pause and resume: mailers claim no e-mail of a paused lane; it stays `pending`."""

from typing import Final

from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.auth.models import User
from django.db import transaction

from postroom.shared.status import LANES
from postroom.shared.telemetry.logs import logger
from postroom.web.emails.models import QueueControl
from postroom.web.people import account_of

log = logger(__name__)

ALL: Final = "all"


def pause(lane: str, user: User, reason: str) -> bool:
    """Pause `lane` (or "all"). False: it was paused already; that pause does not change."""
    with transaction.atomic():
        control, created = QueueControl.objects.get_or_create(
            lane=_known(lane), defaults={"paused_by": account_of(user), "reason": reason}
        )
        if created:
            _record(control, user, ADDITION, f"Paused. {reason}".strip())
            log.warning("paused", lane=lane, by=account_of(user), reason=reason)
    return created


def resume(lane: str, user: User) -> bool:
    """End the pause of `lane` (or that of "all"). False: there was none."""
    with transaction.atomic():
        control = QueueControl.objects.select_for_update().filter(lane=_known(lane)).first()
        if control is None:
            return False
        _record(control, user, DELETION, "Resumed.")
        control.delete()
        log.warning("resumed", lane=lane, by=account_of(user))
    return True


def is_paused(lane: str) -> bool:
    """Whether `lane` is paused, on its own or with all others."""
    return QueueControl.objects.filter(lane__in=(ALL, _known(lane))).exists()


def _known(lane: str) -> str:
    if lane not in LANES:
        raise ValueError(f"{lane!r} is not one of {', '.join(LANES)}")
    return lane


def _record(control: QueueControl, user: User, flag: int, message: str) -> None:
    LogEntry.objects.log_actions(
        user_id=user.pk,
        queryset=QueueControl.objects.filter(pk=control.pk),
        action_flag=flag,
        change_message=message,
    )
