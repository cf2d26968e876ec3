"""The rules of the forms' fields, on the models so that pages and API share them."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat

from postroom.shared.addresses import canonical
from postroom.shared.header_rules import HeaderError

NO_ADDRESS = "Enter an e-mail address such as ann@example.org."


def public_address(value: str) -> None:
    """Refuse addresses that cannot be reached on the internet, such as `ann@localhost`.

    Stricter than a call: quoted local parts and address literals, which hardly anybody has, too.
    """
    # Imported late: compiling its patterns is slow, and every command loads this module.
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(value, check_deliverability=False)
        canonical(value)
    except (EmailNotValidError, HeaderError) as error:
        raise ValidationError(NO_ADDRESS, code="invalid") from error


def pdf(file: "File[bytes]") -> None:
    """Refuse files that are too large or do not begin like a PDF, whatever their name."""
    limit = settings.SUBMISSION_MAX_FILE_BYTES
    if (file.size or 0) > limit:
        raise ValidationError(
            f"This file is {filesizeformat(file.size or 0)}; the limit is {filesizeformat(limit)}.",
            code="too_large",
        )
    file.seek(0)
    start = file.read(5)
    file.seek(0)
    if start != b"%PDF-":
        raise ValidationError("This is not a PDF file.", code="not_pdf")
