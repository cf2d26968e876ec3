"""Why an e-mail's last attempt did not deliver it, as a few classes for operators.

Read from the attempt's phase, SMTP code and enhanced code (RFC 3463), as the mailer wrote them.
"""

from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from postroom.shared.status import AttemptOutcome
from postroom.web.emails.models import EmailLog
from postroom.web.emails.operating.list_window import Window

_CONNECTING: Final = Q(phase__in=["connect", "tls"])
_LOGIN: Final = Q(phase="auth") | Q(smtp_code__in=[530, 534, 535])
# Like `mailbox_full` in mailer/smtp/reply.py: some servers reply 552 without an enhanced code.
_FULL: Final = Q(smtp_reply__regex=r"^[45]\.2\.2\M") | (
    Q(smtp_code=552, smtp_reply__iregex=r"quota|\mfull\M|storage")
    & ~Q(smtp_reply__regex=r"^5\.\d+\.\d")
)
# The texts of mailer/smtp/wire.py and connect.py; a server's own reply is not a timeout.
_TIMEOUT: Final = Q(error__contains="in time", smtp_code=None)
_PERMANENT: Final = Q(smtp_code__gte=500)
_UNKNOWN: Final = Q(outcome=AttemptOutcome.UNKNOWN.value)
_LOST: Final = Q(outcome=AttemptOutcome.LEASE_EXPIRED.value)
_TROUBLE: Final = Q(
    outcome__in=[
        o.value for o in (AttemptOutcome.RETRY, AttemptOutcome.FAILED, AttemptOutcome.PARTIAL)
    ]
)

# In this order: an attempt belongs to the first class that matches.
_IN_ORDER: Final[tuple[tuple[str, str, Q], ...]] = (
    ("unknown", "Outcome unknown", _UNKNOWN),
    ("mailer_lost", "Mailer did not report back", _LOST),
    ("template", "Could not be rendered", _TROUBLE & Q(phase="render")),
    ("login", "Login refused", _TROUBLE & _LOGIN),
    ("timeout", "Timeout", _TROUBLE & _TIMEOUT),
    ("connect", "Could not connect", _TROUBLE & _CONNECTING),
    ("mailbox_full", "Mailbox full", _TROUBLE & _FULL),
    ("address", "Address refused", _TROUBLE & Q(phase="rcpt") & _PERMANENT),
    ("message", "Message refused", _TROUBLE & _PERMANENT),
    ("later", "Asked to try later", _TROUBLE & Q(smtp_code__range=(400, 499))),
    ("other", "Other", _TROUBLE),
)
LABELS: Final = {key: label for key, label, _ in _IN_ORDER}


def condition(key: str) -> Q:
    """Attempts of class `key`. Raises KeyError if there is no such class."""
    before = Q()
    for name, _, own in _IN_ORDER:
        if name == key:
            return own & ~before if before else own
        before |= own
    raise KeyError(key)


def last_attempt_is(key: str, window: Window) -> QuerySet[Any]:
    """Ids of e-mails of the window whose last attempt is of class `key`."""
    later = EmailLog.objects.filter(email=OuterRef("email"), pk__gt=OuterRef("pk"))
    rows = EmailLog.objects.filter(window.on("email")).filter(condition(key))
    return rows.filter(~Exists(later)).order_by().values("email")
