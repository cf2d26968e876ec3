"""Checks the content of one call: a template with its context, or bodies given directly."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.functional import Promise

from postroom.shared.rendering.renderer import Renderer, TemplateError
from postroom.web.conf import conf
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.queueing.arguments import encodable


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
    if encodable(text, field) > conf.email_max_body_bytes:
        raise EmailRequestError(
            field,
            f"is {len(text.encode())} bytes; at most {conf.email_max_body_bytes} "
            "(EMAIL_MAX_BODY_BYTES). Attach what is long, or give a link to it",
        )
    return text


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
    return Renderer(
        conf.template_dirs,
        max_bytes=conf.email_max_rendered_bytes,
        language=conf.language_code,
        brand=conf.brand,
    )


@receiver(setting_changed)
def _forget_renderer(**_: Any) -> None:
    renderer.cache_clear()


def check_content(
    template_path: str,
    context: Mapping[str, Any],
    subject: str,
    html: str,
    text: str,
    language: str,
) -> tuple[str, str]:
    """The subject and language the e-mail will have, if its content can be rendered.

    The language is stored with the e-mail, so that the mailer chooses the same variant of the
    template even if its LANGUAGE_CODE is another.

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
        return subject, language
    if html:
        raise EmailRequestError(
            "template_path", "give either a template or an html_body; a template renders the HTML"
        )
    try:
        line = renderer().check(template_path, context, subject=subject, language=language)
        chosen = renderer().language_of(template_path, language)
    except TemplateError as error:
        raise EmailRequestError("template_path", str(error)) from error
    return line, chosen or language
