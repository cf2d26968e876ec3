"""Says at every start what is wrong with the settings of the forms."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register


@register()
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """STAFF_EMAILS, SUBMISSION_EVENTS and the file limit."""
    # Commands without checks need not load the library that judges addresses.
    from postroom.web.emails.errors import EmailRequestError
    from postroom.web.emails.queueing.addresses import check_address

    found: list[CheckMessage] = []
    if not settings.STAFF_EMAILS:
        found.append(
            Warning(
                "STAFF_EMAILS is empty: submissions are stored, but no member of staff is told.",
                hint="Set STAFF_EMAILS=office@example.org,second@example.org",
                id="submissions.W001",
            )
        )
    for address in settings.STAFF_EMAILS:
        try:
            check_address(address, "STAFF_EMAILS")
        except EmailRequestError as error:
            found.append(Error(str(error), id="submissions.E001"))
    if not settings.SUBMISSION_EVENTS:
        found.append(
            Error(
                "SUBMISSION_EVENTS is empty: nobody could register for anything.",
                hint="Set SUBMISSION_EVENTS=Open day,Spring workshop",
                id="submissions.E002",
            )
        )
    if settings.SUBMISSION_MAX_FILE_BYTES > settings.EMAIL_MAX_ATTACHMENT_BYTES:
        found.append(
            Error(
                "SUBMISSION_MAX_FILE_BYTES is larger than EMAIL_MAX_ATTACHMENT_BYTES, so a file "
                "could be taken that no e-mail can carry.",
                id="submissions.E003",
            )
        )
    return found
