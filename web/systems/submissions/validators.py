"""The rules of the forms' fields, attached to the models so that pages and API share them."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.template.defaultfilters import filesizeformat

from postroom.shared.header_rules import HeaderError, check_text

NO_ADDRESS = "Enter an e-mail address such as ann@example.org."
# Everything unprintable but line ends and tabs: no person types it, and no mail program shows it.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def one_line(value: str) -> None:
    """Refuse line breaks and control characters: names become part of header lines."""
    try:
        check_text(value, "text")
    except HeaderError as error:
        raise ValidationError(
            "Line breaks and control characters are not possible here.", code="control"
        ) from error


def many_lines(value: str) -> None:
    """Refuse control characters other than line ends and tabs."""
    if found := _CONTROL.search(value):
        raise ValidationError(
            f"This text holds a control character (U+{ord(found[0]):04X}); please remove it.",
            code="control",
        )


def public_address(value: str) -> None:
    """Refuse addresses no mail server on the internet can reach, such as `ann@localhost`."""
    # Its patterns take a tenth of a second to compile, and every command loads this module.
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValidationError(NO_ADDRESS, code="invalid") from error


def pdf(file: "File[bytes]") -> None:
    """Refuse files that are too large or that do not begin as a PDF does, whatever their name."""
    limit = settings.SUBMISSION_MAX_FILE_BYTES
    if (file.size or 0) > limit:
        raise ValidationError(
            f"This file has {filesizeformat(file.size or 0)}; at most {filesizeformat(limit)} "
            "are possible.",
            code="too_large",
        )
    file.seek(0)
    start = file.read(5)
    file.seek(0)
    if start != b"%PDF-":
        raise ValidationError("This is not a PDF file.", code="not_pdf")
