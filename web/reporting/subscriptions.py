"""Adds recipients to a schedule, unsubscribes them, and subscribes them again."""

from typing import Any, Final

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models.functions import Now

from postroom.web.emails.models import Suppression
from postroom.web.people import address_of
from postroom.web.reporting.errors import RecipientError
from postroom.web.reporting.models import ReportSchedule, ReportScheduleRecipient

_ALREADY: Final = "This user is already a recipient."


def token_of(recipient: ReportScheduleRecipient) -> str:
    """The token in the recipient's link: the random part, signed with SECRET_KEY."""
    return _signer().sign(recipient.unsubscribe_token)


def by_token(token: str) -> ReportScheduleRecipient | None:
    """The recipient of this token; None if the token is forged, truncated or unknown."""
    try:
        random_part = _signer().unsign(token)
    except BadSignature:
        return None
    rows = ReportScheduleRecipient.objects.select_related("schedule", "user")
    return rows.filter(unsubscribe_token=random_part).first()


def _signer() -> Signer:
    # Created for each call: it reads SECRET_KEY and SECRET_KEY_FALLBACKS when created.
    return Signer(sep=".", salt="postroom.web.reporting.unsubscribe")


def check(schedule: ReportSchedule, user: Any) -> None:
    """Check that another user may make `user` a recipient; the schedule may be unsaved.

    Raises:
        RecipientError: the user has no address, or has unsubscribed.
    """
    _check_account(user)
    if schedule.pk and has_left(schedule, user):
        raise RecipientError("This user has unsubscribed; only they can subscribe again.")


def _check_account(user: Any) -> None:
    if not (user.is_active and address_of(user)):
        raise RecipientError("This user has no active account with an e-mail address.")


def add(schedule: ReportSchedule, user: Any) -> ReportScheduleRecipient:
    """Make `user`, who has not asked for it, a subscribed recipient.

    Raises:
        RecipientError: as for `check`, or the user is already a recipient.
    """
    check(schedule, user)
    recipient, new = ReportScheduleRecipient.objects.get_or_create(schedule=schedule, user=user)
    if not new:
        raise RecipientError(_ALREADY)
    return recipient


def join(schedule: ReportSchedule, user: Any) -> ReportScheduleRecipient:
    """Make `user` a subscribed recipient at their own wish, also after they have unsubscribed.

    Raises:
        RecipientError: the user has no address, or is subscribed already.
    """
    _check_account(user)
    with transaction.atomic():
        _suppression(schedule, user).delete()
        recipient, new = ReportScheduleRecipient.objects.get_or_create(schedule=schedule, user=user)
        if not new and not resubscribe(recipient):
            raise RecipientError(_ALREADY)
    return recipient


def has_left(schedule: ReportSchedule, user: Any) -> bool:
    """Whether `user` has unsubscribed from it, a recipient still or not."""
    return bool(address_of(user)) and _suppression(schedule, user).exists()


def unsubscribe(recipient: ReportScheduleRecipient) -> bool:
    """Send this recipient nothing more, not even what is queued. False: already unsubscribed."""
    with transaction.atomic():
        left = ReportScheduleRecipient.objects.filter(pk=recipient.pk, is_subscribed=True).update(
            is_subscribed=False, unsubscribed_at=Now()
        )
        # E-mails already queued are stopped by the suppression list, for this schedule alone.
        Suppression.objects.get_or_create(
            address=address_of(recipient.user),
            list_id=recipient.schedule.list_id,
            defaults={"reason": "unsubscribed from a report"},
        )
    recipient.refresh_from_db()
    return bool(left)


def resubscribe(recipient: ReportScheduleRecipient) -> bool:
    """Send this recipient reports again. False: not unsubscribed."""
    with transaction.atomic():
        back = ReportScheduleRecipient.objects.filter(pk=recipient.pk, is_subscribed=False).update(
            is_subscribed=True, subscribed_at=Now(), unsubscribed_at=None
        )
        _suppression(recipient.schedule, recipient.user).delete()
    recipient.refresh_from_db()
    return bool(back)


def _suppression(schedule: ReportSchedule, user: Any) -> Any:
    return Suppression.objects.filter(address=address_of(user), list_id=schedule.list_id)
