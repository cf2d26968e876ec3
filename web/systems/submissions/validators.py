"""The rules of the forms' fields, on the models so that pages and API share them."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat

from postroom.shared.addresses import canonical
from postroom.shared.header_rules import HeaderError, check_text

NO_ADDRESS = "Enter an e-mail address such as ann@example.org."
# Control characters except line ends and tabs: people do not type them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(value: str) -> None:
    """Refuse line breaks and control characters: names become part of header lines."""
    try:
        check_text(value, "text")
    except HeaderError as error:
        raise ValidationError(
            "Line breaks and control characters are not allowed here.", code="control"
        ) from error


def many_lines(value: str) -> None:
    """Refuse control characters other than line ends and tabs."""
    if found := _CONTROL.search(value):
        raise ValidationError(
            f"This text contains a control character (U+{ord(found[0]):04X}); please remove it.",
            code="control",
        )


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
