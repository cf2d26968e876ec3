"""Adds recipients to a schedule, unsubscribes them, and subscribes them again."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models.functions import Now

from postroom.web.emails.models import EmailQueue, Suppression
from postroom.web.people import address_of
from postroom.web.reporting.errors import RecipientError
from postroom.web.reporting.models import (
    ReportSchedule,
    ReportScheduleRecipient,
    ReportUnsubscription,
)
from postroom.web.reporting.models.execution import SENT

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
    check_account(user)
    if schedule.pk and has_left(schedule, user):
        raise RecipientError("This user has unsubscribed; only they can subscribe again.")


def check_account(user: Any) -> None:
    """Check that e-mail can reach `user`.

    Raises:
        RecipientError: the account is inactive or has no address.
    """
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
    check_account(user)
    with transaction.atomic():
        _forget(schedule, user)
        recipient, new = ReportScheduleRecipient.objects.get_or_create(schedule=schedule, user=user)
        if not new and not resubscribe(recipient):
            raise RecipientError(_ALREADY)
    return recipient


def has_left(schedule: ReportSchedule, user: Any) -> bool:
    """Whether `user` has unsubscribed from it: a recipient still or not, at whatever address."""
    return (
        ReportUnsubscription.objects.filter(schedule=schedule, user=user).exists()
        or schedule.recipients.filter(user=user, is_subscribed=False).exists()
        or _suppressions(schedule, {address_of(user)}).exists()
    )


def unsubscribe(recipient: ReportScheduleRecipient) -> bool:
    """Send this recipient nothing more, not even what is queued. False: already unsubscribed."""
    with transaction.atomic():
        left = ReportScheduleRecipient.objects.filter(pk=recipient.pk, is_subscribed=True).update(
            is_subscribed=False, unsubscribed_at=Now()
        )
        # E-mails already queued are stopped by the suppression list, for this schedule alone.
        addresses = {address_of(recipient.user), *_unsent_to(recipient)} - {""}
        for address in sorted(addresses):
            Suppression.objects.get_or_create(
                address=address,
                list_id=recipient.schedule.list_id,
                defaults={"reason": "unsubscribed from a report"},
            )
        remember(recipient.schedule, recipient.user, addresses)
    recipient.refresh_from_db()
    return bool(left)


def resubscribe(recipient: ReportScheduleRecipient) -> bool:
    """Send this recipient reports again. False: not unsubscribed."""
    with transaction.atomic():
        back = ReportScheduleRecipient.objects.filter(pk=recipient.pk, is_subscribed=False).update(
            is_subscribed=True, subscribed_at=Now(), unsubscribed_at=None
        )
        _forget(recipient.schedule, recipient.user)
    recipient.refresh_from_db()
    return bool(back)


def remember(schedule: ReportSchedule, user: Any, addresses: Iterable[str] = ()) -> None:
    """Record that `user` has unsubscribed, and which addresses are suppressed for it."""
    mark, _ = ReportUnsubscription.objects.select_for_update().get_or_create(
        schedule=schedule, user=user
    )
    mark.addresses = sorted({*mark.addresses, *addresses})
    mark.save(update_fields=["addresses"])


def _forget(schedule: ReportSchedule, user: Any) -> None:
    marks = ReportUnsubscription.objects.filter(schedule=schedule, user=user)
    stopped = {one for mark in marks for one in mark.addresses}
    marks.delete()
    _suppressions(schedule, {address_of(user), *stopped}).delete()


def _unsent_to(recipient: ReportScheduleRecipient) -> set[str]:
    """Where e-mails of the schedule would still go: addresses that the account had before."""
    keys = recipient.deliveries.values("email_key")  # the link `email` is made only after the run
    unsent = EmailQueue.objects.filter(idempotency_key__in=keys).exclude(status__in=SENT)
    return set(unsent.values_list("recipients__address", flat=True)) - {None}


def _suppressions(schedule: ReportSchedule, addresses: Collection[str]) -> Any:
    return Suppression.objects.filter(address__in={*addresses} - {""}, list_id=schedule.list_id)
