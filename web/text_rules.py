"""Rules for text that people type and e-mails repeat: the validators of model fields.

Every field whose text may come into an e-mail has one of them, in each system alike: a control
character in a name would make every e-mail with that name impossible.
"""

import re

from django.core.exceptions import ValidationError

from postroom.shared.header_rules import HeaderError, check_text

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
