"""`EmailBackend`: Django's interface for sending e-mail, on 5.2 and 6.1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from django import VERSION
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError

from postroom.shared.telemetry.logs import logger
from postroom.web.backend.conversion import calls_of
from postroom.web.backend.options import COMMON
from postroom.web.backend.queueing import Batch
from postroom.web.emails.errors import EmailRequestError, UnsupportedMessageError

log = logger("postroom.web.backend")

# What reads these is the mailer: `manage.py consume_emails`.
SMTP: Final = {
    "host": "EMAIL_HOST", "port": "EMAIL_PORT", "username": "EMAIL_HOST_USER",
    "password": "EMAIL_HOST_PASSWORD", "use_tls": "EMAIL_USE_TLS", "use_ssl": "EMAIL_USE_SSL",
    "timeout": "EMAIL_TIMEOUT",
}  # fmt: skip
_reporting: ContextVar[bool] = ContextVar("reporting", default=False)


class EmailBackend(BaseEmailBackend):
    """Queues Django's messages in the caller's transaction.

    Options (of `MAILERS` in Django 6.1): those of the queue for all messages of this mailer, such
    as `priority` and `email_type`; and `host`, `port`, `username`, `password`, `use_tls`,
    `use_ssl`, `timeout`, which the mailer reads. `fail_silently`: what cannot be queued is logged
    as an error, and the others are queued.

    Raises:
        ImproperlyConfigured: an option that does not exist (`InvalidMailer` in Django 6.1).
        UnsupportedMessageError: a login or server for this call alone.
    """

    def __init__(
        self,
        fail_silently: bool = False,
        *,
        alias: str | None = None,
        _ignore_unknown_kwargs: Iterable[str] | None = None,
        **options: Any,
    ) -> None:
        unknown = {n: v for n, v in options.items() if n not in COMMON and n not in SMTP}
        if VERSION < (6, 1):
            super().__init__(fail_silently=fail_silently)
        elif alias is not None:
            super().__init__(alias=alias, **unknown)
        else:
            super().__init__()
        if unknown:
            raise ImproperlyConfigured(
                f"postroom.backend.EmailBackend has no option {', '.join(sorted(unknown))}; there "
                f"are fail_silently, {', '.join(sorted(COMMON))}, and of SMTP {', '.join(SMTP)}"
            )
        self.fail_silently = fail_silently
        self.options = {n: v for n, v in options.items() if n in COMMON}
        # With an alias the options are settings, which the mailer reads too.
        for_this_call = options if alias is None else set(_ignore_unknown_kwargs or ())
        _check_server({n: v for n, v in options.items() if n in SMTP and n in for_this_call})

    def send_messages(self, email_messages: Iterable[Any]) -> int:
        """Queue the messages, all in one transaction. How many; those for nobody are left out.

        Raises:
            EmailRequestError: one cannot be queued; then none is. Names it and says what to change.
        """
        batch, number = Batch(), 0
        for message in email_messages or ():
            if not message.recipients():
                continue
            with self._silently():
                batch.add(calls_of(message, self.options))
                number += 1
        if number:
            with self._silently():
                batch.queue()
                return number
        return 0

    @contextmanager
    def _silently(self) -> Iterator[None]:
        """With `fail_silently` a failure is logged instead of raised."""
        try:
            yield
        except (EmailRequestError, DatabaseError, ImproperlyConfigured) as error:
            if not self.fail_silently:
                raise
            _report(error)


def _report(error: Exception) -> None:
    # A site may send what is logged as an error to its ADMINS, with this backend.
    if _reporting.get():
        return
    token = _reporting.set(True)
    try:
        log.exception("message_not_queued", problem=str(error))
    finally:
        _reporting.reset(token)


def _check_server(given: Mapping[str, Any]) -> None:
    """Refuse a server or login that differs from the one that the mailer uses."""
    for name, value in given.items():
        if value and value != getattr(settings, SMTP[name], None):
            raise UnsupportedMessageError(
                name,
                f"cannot be given for one call: the mailer sends it later, with {SMTP[name]}",
            )


__all__: Sequence[str] = ["EmailBackend"]
