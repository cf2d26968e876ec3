"""The system checks of the queue's own settings, wherever a site sets them."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from postroom.web.startup_checks import TAG

# Names of this machine and of tests (RFC 6761): no reply from elsewhere arrives there.
_NOWHERE: Final = (".localhost", ".localdomain", ".invalid", ".test")
_HINT: Final = "Set DEFAULT_FROM_EMAIL, for example Postroom <office@example.org>."


@register(TAG)
def check_sender(**_kwargs: Any) -> list[CheckMessage]:
    """DEFAULT_FROM_EMAIL is an address that the queue takes, and that people can answer."""
    # Commands without checks need not load the library that validates addresses.
    from postroom.web.emails.errors import EmailRequestError
    from postroom.web.emails.queueing.addresses import message_domain

    try:
        message_domain(settings.DEFAULT_FROM_EMAIL)
    except EmailRequestError as error:
        text = str(error).removeprefix("from_email: ")
        return [Error(f"DEFAULT_FROM_EMAIL: {text}", hint=_HINT, id="emails.E001")]
    return [Warning(_problem(), hint=_HINT, id="emails.W001")] if _unanswerable() else []


@register(TAG, deploy=True)
def check_sender_before_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """The same as an error, for `check --deploy`: Django's default, `webmaster@localhost`, too."""
    return [Error(_problem(), hint=_HINT, id="emails.E002")] if _unanswerable() else []


@register(TAG)
def check_places(**_kwargs: Any) -> list[CheckMessage]:
    """SITE_URL is a URL, and the folders of EMAIL_TEMPLATE_DIRS exist."""
    found: list[CheckMessage] = []
    url = getattr(settings, "SITE_URL", "")
    if url and not url.startswith(("https://", "http://")):
        found.append(
            Error(
                f"SITE_URL is {url}: links in e-mails would not work.",
                hint="Set SITE_URL with its scheme, for example https://postroom.example.org.",
                id="emails.E003",
            )
        )
    found += [
        Warning(
            f"EMAIL_TEMPLATE_DIRS names {folder}, which is not a folder.",
            hint="Create it, or remove it from the setting.",
            id="emails.W002",
        )
        for folder in settings.EMAIL_TEMPLATE_DIRS
        if not Path(folder).is_dir()
    ]
    return found


def _unanswerable() -> bool:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ").lower()
    return "." not in domain or domain.endswith(_NOWHERE)


def _problem() -> str:
    return f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL}: replies cannot reach it."
