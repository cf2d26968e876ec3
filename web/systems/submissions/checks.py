"""The system checks of the forms' settings."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from postroom.shared.env import SettingsError
from postroom.web.conf import conf
from postroom.web.startup_checks import TAG
from postroom.web.systems.submissions import events


@register(TAG)
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """STAFF_EMAILS, the events and their details, the file limit and the challenge."""
    # Commands without checks need not load the library that validates addresses.
    from postroom.web.emails.errors import EmailRequestError
    from postroom.web.emails.queueing.addresses import check_address

    found: list[CheckMessage] = []
    if not settings.STAFF_EMAILS:
        found.append(
            Warning(
                "STAFF_EMAILS is empty: submissions are stored, but the staff is not notified.",
                hint="Set STAFF_EMAILS=office@example.org,second@example.org",
                id="postroom_submissions.W001",
            )
        )
    for address in settings.STAFF_EMAILS:
        try:
            check_address(address, "STAFF_EMAILS")
        except EmailRequestError as error:
            found.append(Error(str(error), id="postroom_submissions.E001"))
    if not settings.SUBMISSION_EVENTS:
        found.append(
            Error(
                "SUBMISSION_EVENTS is empty: there is no event to register for.",
                hint="Set SUBMISSION_EVENTS=Open day,Spring workshop",
                id="postroom_submissions.E002",
            )
        )
    found += [
        Error(
            f"SUBMISSION_EVENT_DETAILS: {problem}.",
            hint="docs/forms.md shows what it may hold.",
            id="postroom_submissions.E005",
        )
        for problem in events.problems()
    ]
    with suppress(SettingsError):  # postroom.E001
        found += _limits()
    if settings.SUBMISSION_CHALLENGE:
        try:
            found += _not_callable(import_string(settings.SUBMISSION_CHALLENGE))
        except ImportError as error:
            found.append(_challenge_error(str(error)))
    return found


def _limits() -> Iterator[CheckMessage]:
    """Talks travel with their PDF."""
    if conf.email_max_attachments < 1:
        yield Warning(
            "EMAIL_MAX_ATTACHMENTS is 0: talks are stored, but no notice with their PDF can be "
            "queued.",
            id="postroom_submissions.W002",
        )
    if conf.email_max_attachment_bytes < settings.SUBMISSION_MAX_FILE_BYTES:
        yield Error(
            "SUBMISSION_MAX_FILE_BYTES is larger than EMAIL_MAX_ATTACHMENT_BYTES, so the form "
            "would accept files that are too large for an e-mail.",
            id="postroom_submissions.E003",
        )


def _not_callable(challenge: object) -> list[CheckMessage]:
    return [] if callable(challenge) else [_challenge_error("it is not a function")]


def _challenge_error(why: str) -> CheckMessage:
    return Error(
        f"SUBMISSION_CHALLENGE cannot be used: {why}.",
        hint="Set the dotted path of a function, as in myapp.captcha.check; see docs/forms.md.",
        id="postroom_submissions.E004",
    )
