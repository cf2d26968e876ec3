"""Checks the arguments of one call of `send_email_task`, and says what is wrong."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils import timezone
from django.utils.functional import Promise

from postroom.shared.header_rules import HeaderError, check_header, check_language, check_text
from postroom.shared.rendering.renderer import Renderer, TemplateError
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


def check_body(value: object, field: str) -> str:
    """A body as text that PostgreSQL can store.

    Raises:
        EmailRequestError: not text, or text with a NUL or a lone surrogate.
    """
    if value is None or value == "":
        return ""
    if not isinstance(value, (str, Promise)):
        raise EmailRequestError(field, f"must be text, not {type(value).__name__}")
    text = str(value)
    if "\x00" in text:
        raise EmailRequestError(field, "contains a NUL character, which e-mail does not allow")
    if _encodable(text, field) > conf.email_max_body_bytes:
        raise EmailRequestError(
            field,
            f"is {len(text.encode())} bytes; at most {conf.email_max_body_bytes} "
            "(EMAIL_MAX_BODY_BYTES). Attach what is long, or give a link to it",
        )
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
    size = _encodable(text, field)
    if size > conf.email_max_context_bytes:
        raise EmailRequestError(
            field,
            f"is {size} bytes as JSON; at most {conf.email_max_context_bytes} "
            "(EMAIL_MAX_CONTEXT_BYTES). Attach what is long, or give a link to it",
        )
    return Data(json.loads(text), text)


_SPECIAL = re.compile("[&<>'\"]").search


def check_no_markup(context: object) -> None:
    """Refuse HTML that is marked as safe: as data it becomes a plain text, which templates escape.

    Raises:
        EmailRequestError: names the variable.
    """
    waiting: list[tuple[str, object]] = [("", context)]
    for name, value in waiting:  # which grows meanwhile
        kind = type(value)
        if kind is str or value is None:
            continue
        if isinstance(value, Mapping):
            before = f"{name}." if name else ""
            waiting += [(f"{before}{key}", one) for key, one in value.items()]
        elif isinstance(value, (list, tuple)):
            waiting += [(name, one) for one in value]
        elif hasattr(kind, "__html__") or kind.__module__.startswith("django.utils.functional"):
            text = str(value)
            if hasattr(text, "__html__") and _SPECIAL(text):
                raise EmailRequestError(
                    "context",
                    f"{name!r} holds HTML (mark_safe, format_html), and a template would show its "
                    "tags as text. Pass plain values and write the tags in the template, or send "
                    "the HTML as html_body",
                )


def _encodable(text: str, field: str) -> int:
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


def check_alone(django_template: str, *others: str) -> None:
    """Make sure that a template in Django's language is the only content.

    Raises:
        EmailRequestError: there is another.
    """
    if any(others):
        raise EmailRequestError(
            "django_template",
            f"{django_template!r} is the content; give no template_path, html_body or plain_body",
        )


@lru_cache(maxsize=1)
def renderer() -> Renderer:
    """The templates of this site, compiled once, by the same code as in the mailer."""
    return Renderer(conf.template_dirs, max_bytes=conf.email_max_rendered_bytes)


@receiver(setting_changed)
def _forget_renderer(**_: Any) -> None:
    renderer.cache_clear()


def check_content(
    template_path: str, context: Mapping[str, Any], subject: str, html: str, text: str
) -> str:
    """The subject the e-mail will have, after a check that its content can be rendered.

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
            raise EmailRequestError("subject", "is empty; only a template can provide one")
        return subject
    if html:
        raise EmailRequestError(
            "template_path", "give either a template or an html_body; a template renders the HTML"
        )
    try:
        return renderer().check(template_path, context, subject=subject)
    except TemplateError as error:
        raise EmailRequestError("template_path", str(error)) from error
