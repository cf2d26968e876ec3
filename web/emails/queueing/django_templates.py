"""Content from a template in Django's own language, rendered at the call."""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

from django.template import TemplateDoesNotExist
from django.template.backends.django import Template as DjangoTemplate
from django.template.context import make_context
from django.template.exceptions import TemplateSyntaxError
from django.template.loader import get_template
from django.utils import translation

from postroom.web.emails.errors import EmailRequestError

_HTML = ".html"


class Rendered(NamedTuple):
    """The content of an e-mail; what there is no template for is empty."""

    subject: str
    html: str
    text: str


def render(name: str, context: Mapping[str, Any] | None, language: str) -> Rendered:
    """`orders/confirm.html`, with `orders/confirm.txt` and `orders/confirm_subject.txt` if present.

    A name that does not end in `.html` is the text part, and the e-mail has no HTML. `context` may
    hold any objects: they are used now and not stored. `language` is active meanwhile, for
    `{% trans %}`, dates and numbers. Only HTML is escaped: `Tom & Jerry` stays so in the subject
    and in the text.

    Raises:
        EmailRequestError: there is no such template, or it cannot be rendered.
    """
    if not isinstance(name, str):
        raise EmailRequestError("django_template", f"must be text, not {type(name).__name__}")
    stem = name.removesuffix(_HTML).removesuffix(".txt")
    values = dict(context or {})
    with translation.override(language) if language else nullcontext():
        main = _rendered(name, values)
        subject = " ".join(_rendered_if_present(f"{stem}_subject.txt", values).split())
        if not name.endswith(_HTML):
            return Rendered(subject, "", main)
        return Rendered(subject, main, _rendered_if_present(f"{stem}.txt", values))


def _rendered(name: str, values: dict[str, Any]) -> str:
    try:
        template: Any = get_template(name)
        if name.endswith(_HTML) or not isinstance(template, DjangoTemplate):
            return str(template.render(values))
        # As if all of it were in `autoescape off`: a subject and a text part are no HTML.
        return str(template.template.render(make_context(values, autoescape=False)))
    except TemplateDoesNotExist as error:
        missing = str(error)
        text = f"{name!r} does not exist in the site's template folders"
        if missing != name:
            text = f"{name!r} needs {missing!r}, which does not exist"
        raise EmailRequestError("django_template", text) from error
    except TemplateSyntaxError as error:
        raise EmailRequestError("django_template", f"{name!r}: {error}") from error


def _rendered_if_present(name: str, values: dict[str, Any]) -> str:
    try:
        get_template(name)
    except TemplateDoesNotExist:
        return ""
    except TemplateSyntaxError:
        pass  # said when it is rendered
    return _rendered(name, values)
