"""Checks the arguments of one call of `send_email_task`, and says what is wrong."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from postroom.shared.header_rules import HeaderError, check_header, check_language, check_text
from postroom.web.conf import conf
from postroom.web.emails.errors import EmailRequestError

# A NUL as JSON writes it, but not a backslash of the text followed by `u0000`.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_ENCODE = DjangoJSONEncoder(ensure_ascii=False, allow_nan=False).encode


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """The extra header fields of a call.

    Raises:
        EmailRequestError: a reserved name, or a value that is not one header line.
    """
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise EmailRequestError("headers", f"must be a dict, not {type(headers).__name__}")
    result = dict(headers)
    seen: set[str] = set()
    for name, value in result.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise EmailRequestError("headers", f"{name!r}: name and value must both be text")
        try:
            check_header(name, value)
        except HeaderError as error:
            raise EmailRequestError("headers", str(error)) from error
        if name.lower() in seen:
            raise EmailRequestError("headers", f"{name} is given twice")
        seen.add(name.lower())
    return result


def check_line(value: object, field: str, limit: int = 998) -> str:
    """One line of text without control characters.

    Raises:
        EmailRequestError: a line break, a control character, or longer than `limit` characters.
    """
    if not isinstance(value, str):
        value = "" if value is None else str(value)  # numbers and lazy translations
    if not value:
        return ""
    if len(value) > limit:
        raise EmailRequestError(field, f"is {len(value)} characters long; at most {limit}")
    try:
        check_text(value, field)
    except HeaderError as error:
        raise EmailRequestError(field, str(error)) from error
    return str(value)


def check_tag(value: object, field: str) -> str:
    """A language tag such as `de`, or nothing.

    Raises:
        EmailRequestError: not a language tag.
    """
    text = check_line(value, field)
    try:
        if text:
            check_language(text)
    except HeaderError as error:
        raise EmailRequestError(field, str(error)) from error
    return text


def check_flag(value: object, field: str) -> bool:
    """True or False; not a text such as "no", which would count as true.

    Raises:
        EmailRequestError: anything else.
    """
    if not isinstance(value, bool):
        raise EmailRequestError(field, f"must be True or False, not {type(value).__name__}")
    return value


class Data(NamedTuple):
    """Plain data as the mailer will read it back, and its JSON for the database."""

    value: Any
    json: str


def check_data(value: object, field: str, expected: type) -> Data:
    """Data that can be written as JSON; dates and decimals become text.

    Raises:
        EmailRequestError: not of the type `expected`, or objects without a JSON form.
    """
    if not isinstance(value, expected) and value is not None:
        raise EmailRequestError(field, f"must be a {expected.__name__}, not {type(value).__name__}")
    if not value:
        return Data(empty := expected(), str(empty))
    try:
        text = _ENCODE(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise EmailRequestError(
            field, f"{error}. Pass plain values (text, numbers, lists, dicts), not objects"
        ) from error
    # In two steps: see what-speed-costs: NUL search.
    if "\\u0000" in text and _NUL.search(text):
        raise EmailRequestError(field, "contains a NUL character, which e-mail does not allow")
    size = encodable(text, field)
    if size > conf.email_max_context_bytes:
        raise EmailRequestError(
            field,
            f"is {size} bytes as JSON; at most {conf.email_max_context_bytes} "
            "(EMAIL_MAX_CONTEXT_BYTES). Attach what is long, or give a link to it",
        )
    return Data(json.loads(text), text)


def encodable(text: str, field: str) -> int:
    """The bytes that the text takes in UTF-8."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise EmailRequestError(
            field, f"contains an invalid character (a lone surrogate) at position {error.start}"
        ) from error


def check_times(scheduled_at: datetime | None, expires_at: datetime | None) -> None:
    """Make sure that both times have a time zone and are in the right order.

    Raises:
        EmailRequestError: names the time that is wrong.
    """
    for field, value in (("scheduled_at", scheduled_at), ("expires_at", expires_at)):
        if value is not None and (not isinstance(value, datetime) or timezone.is_naive(value)):
            raise EmailRequestError(field, "must be a datetime with a time zone")
    if scheduled_at is not None and expires_at is not None and expires_at <= scheduled_at:
        raise EmailRequestError("expires_at", "is not after scheduled_at")


def check_not_over(expires_at: datetime | None) -> None:
    """Make sure that a new e-mail has not expired; a repeated call with its key may be later.

    Raises:
        EmailRequestError: `expires_at` has passed.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise EmailRequestError("expires_at", f"{expires_at.isoformat()} has already passed")
