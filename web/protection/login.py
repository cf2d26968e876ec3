"""Limits wrong passwords, whichever page or endpoint asks for them.

Three counts within a quarter of an hour, with N = `LOGIN_FAILURES`: N of one client for one
account; 3 N of one client, who tries one password on many accounts; 10 N for one account from
everywhere, as many machines together would guess. Beyond one the right password is refused too.
"""

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf
from postroom.web.protection import counters
from postroom.web.protection.client import UNKNOWN, client_of

log = logger(__name__)
WINDOW: Final = 900  # seconds
WAIT: Final = "login_wait"  # attribute of a refused request: seconds to wait


class LimitsLogins:
    """Mixin for an authentication backend with passwords, in front of it.

    Each attempt is counted before its password is looked at, so that many at once do not slip
    through; a right one is taken back from the counts.
    """

    def authenticate(
        self, request: HttpRequest | None, username: Any = None, password: Any = None, **kwargs: Any
    ) -> Any:
        """The user, or None for wrong credentials.

        Raises:
            PermissionDenied: over a limit; then no other backend is asked either.
        """
        model: Any = get_user_model()
        name = kwargs.get(model.USERNAME_FIELD) if username is None else username
        if name is None or password is None or "\x00" in f"{name}{password}":
            return None  # no account has a NUL, and PostgreSQL takes none
        attempt = _Attempt(_folded(str(name)), client_of(request) if request else UNKNOWN)
        if wait := attempt.begin():
            log.warning("login_refused", client=attempt.client, seconds=wait, **_whose(model, name))
            if request is not None:
                setattr(request, WAIT, wait)
            raise PermissionDenied
        user = super().authenticate(request, username=name, password=password)  # type: ignore[misc]
        if user is None:
            log.warning("login_failed", client=attempt.client, **_whose(model, name))
        else:
            attempt.succeeded()
        return user

    async def aauthenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        """The same limits for code that awaits."""
        return await sync_to_async(self.authenticate)(request, **credentials)


class LimitedModelBackend(LimitsLogins, ModelBackend):  # type: ignore[misc]
    """Django's users and passwords, with limits; for AUTHENTICATION_BACKENDS."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    account: str
    client: str

    def begin(self) -> int:
        """Count it. 0, or the seconds to wait."""
        failures = conf.login_failures
        return max(
            counters.hit(purpose, who, limit=failures * times, seconds=WINDOW)
            for purpose, who, times in self._counts()
        )

    def succeeded(self) -> None:
        """It was no guess."""
        if conf.login_failures:
            counters.forgive(*((purpose, who) for purpose, who, _ in self._counts()))

    def _counts(self) -> tuple[tuple[str, str, int], ...]:
        return (
            ("login", f"{self.client} {self.account}", 1),
            ("login_client", self.client, 3),
            ("login_account", self.account, 10),
        )


def _folded(name: str) -> str:
    """One account, however its name is written; longer names belong to nobody."""
    return unicodedata.normalize("NFKC", name).casefold().strip()[:500]


def _whose(model: Any, name: Any) -> dict[str, Any]:
    """The account's number if there is one; never the name: people type passwords there."""
    found = model._default_manager.filter(**{model.USERNAME_FIELD: str(name)[:500]})
    return {"user": found.values_list("pk", flat=True).first()}
