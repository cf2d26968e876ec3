"""Texts of Django's messages: lazy strings, encoded words, charsets."""

from email.errors import HeaderParseError
from email.header import decode_header, make_header
from typing import Any

from django.conf import settings


def text_of(value: Any) -> str:
    """A header text as people read it: lazy strings resolved, encoded words decoded (RFC 2047).

    `email.utils.formataddr` and `email.header.Header` make encoded words; the mailer makes its own.
    """
    text = value.decode() if isinstance(value, bytes) else str(value)
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text


def charset_of(message: Any) -> str:
    """The charset of the message's texts: `EmailMessage.encoding`, else DEFAULT_CHARSET."""
    encoding = message.encoding or settings.DEFAULT_CHARSET
    return str(getattr(encoding, "output_charset", None) or encoding).lower()
