"""Checks one call of `send_email_task` as far as a call can be checked, and says what is wrong."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.functional import Promise

from postroom.shared.header_rules import HeaderError, check_header, check_language, check_text
from postroom.shared.rendering.renderer import Renderer, TemplateError
from postroom.web.emails.errors import EmailRequestError

# A NUL as JSON writes it, and not the backslash and letters a text may hold.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

_ENCODE = DjangoJSONEncoder(ensure_ascii=False, allow_nan=False).encode


def check_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Extra headers a caller may set.

    Raises:
        EmailRequestError: a reserved name, or a value that could break out of its line.
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
        EmailRequestError: no language tag.
    """
    text = check_line(value, field)
    try:
        if text:
            check_language(text)
    except HeaderError as error:
        raise EmailRequestError(field, str(error)) from error
    return text


def check_body(value: object, field: str) -> str:
    """A body the database can hold."""
    if value is None or value == "":
        return ""
    if not isinstance(value, (str, Promise)):
        raise EmailRequestError(field, f"must be text, not {type(value).__name__}")
    text = str(value)
    if "\x00" in text:
        raise EmailRequestError(field, "holds a NUL character, which no e-mail can carry")
    _encodable(text, field)
    return text


class Data(NamedTuple):
    """Plain data as the mailer will read it back, and the JSON it stands in the database as."""

    value: Any
    json: str


def check_data(value: object, field: str, expected: type) -> Data:
    """What has a JSON form: dates and decimals become text.

    Raises:
        EmailRequestError: objects that have no JSON form (pass their values instead).
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
    # Looked for in two steps: the expression alone takes longer than writing the JSON.
    if "\\u0000" in text and _NUL.search(text):
        raise EmailRequestError(field, "holds a NUL character, which no e-mail can carry")
    _encodable(text, field)
    return Data(json.loads(text), text)


def _encodable(text: str, field: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise EmailRequestError(
            field, f"holds half a character (a lone surrogate) at position {error.start}"
        ) from error


def check_times(scheduled_at: datetime | None, expires_at: datetime | None) -> None:
    """Times must know their zone and lie in the right order.

    Raises:
        EmailRequestError: naming the time that does not fit.
    """
    for field, value in (("scheduled_at", scheduled_at), ("expires_at", expires_at)):
        if value is not None and (not isinstance(value, datetime) or timezone.is_naive(value)):
            raise EmailRequestError(field, "must be a datetime with a time zone")
    if scheduled_at is not None and expires_at is not None and expires_at <= scheduled_at:
        raise EmailRequestError("expires_at", "lies before scheduled_at")


def check_not_over(expires_at: datetime | None) -> None:
    """A new e-mail must have a future; asking again for one that stands need not.

    Raises:
        EmailRequestError: `expires_at` has passed.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise EmailRequestError("expires_at", f"{expires_at.isoformat()} has already passed")


@lru_cache(maxsize=1)
def renderer() -> Renderer:
    """The templates of this site, compiled once: the same code the mailer sends with."""
    return Renderer(settings.EMAIL_TEMPLATE_DIRS)


def check_content(
    template_path: str, context: Mapping[str, Any], subject: str, html: str, text: str
) -> str:
    """The subject the e-mail will have, once it is sure that its content can be made.

    Raises:
        EmailRequestError: no content, two contents, or a template that cannot be rendered.
    """
    if not isinstance(template_path, str):
        raise EmailRequestError(
            "template_path", f"must be text, not {type(template_path).__name__}"
        )
    if not template_path:
        if not (html or text):
            raise EmailRequestError(
                "template_path", "give a template_path, an html_body or a plain_body"
            )
        if not subject:
            raise EmailRequestError("subject", "is empty; only a template can bring its own")
        return subject
    if html or text:
        raise EmailRequestError(
            "template_path", "give either a template or bodies; the template makes both bodies"
        )
    try:
        return renderer().check(template_path, context, subject=subject)
    except TemplateError as error:
        raise EmailRequestError("template_path", str(error)) from error
