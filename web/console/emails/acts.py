"""What was decided about one e-mail, and who may read or send it."""

from collections.abc import Collection
from typing import Any, Final

from django.apps import apps

from postroom.shared.status import RecipientStatus
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.showing.content import READ

AGAIN: Final = ("postroom.send_again_emailqueue", READ)


def history(email: EmailQueue) -> list[Any]:
    """The decisions about `email`, newest first; none are recorded without the admin's log."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    from postroom.web.emails.operating.deciding import decisions

    return list(decisions.history(email))


def open_addresses(recipients: Collection[Any]) -> list[str]:
    """The addresses that a requeue would send to."""
    return [row.address for row in recipients if row.status != RecipientStatus.ACCEPTED]
