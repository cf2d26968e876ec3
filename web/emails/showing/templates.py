"""Templates with their sample data: rendered, described, and sent as a test."""

import json
import re
from typing import Any, Final

from django.utils.text import Truncator

from postroom.shared.rendering.languages import is_tag
from postroom.shared.rendering.renderer import Content, TemplateNotFoundError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.content import renderer
from postroom.web.emails.service import email_service

SCHEMES: Final = ("light", "dark")
_LONGEST_VALUE: Final = 80
_ASKS_FOR_SCHEME: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")


def sample(name: str, language: str = "") -> tuple[Content, dict[str, Any]]:
    """The template `name` rendered with its sample data, and these data.

    `language`: a tag; the site's language if it is empty, or the template has no such variant.

    Raises:
        TemplateError: there is no such template, or it cannot be rendered.
    """
    if name not in renderer().names():
        raise TemplateNotFoundError(name, "there is no such template")
    language = language if is_tag(language) else ""
    chosen = renderer().language_of(name, language)
    variables = renderer().sample(name, chosen)
    return renderer().render(name, variables, language=language), variables


def languages_of(name: str, content: Content) -> list[tuple[str, bool]]:
    """The tags of the template's languages, and whether `content` is in it; none if it has one."""
    tags = renderer().languages(name)
    return [(tag, tag == content.language) for tag in tags] if len(tags) > 1 else []


def in_scheme(html: str, scheme: str) -> str:
    """The part as a mail program in light or dark mode shows it, whatever this browser prefers."""
    return _ASKS_FOR_SCHEME.sub(
        lambda asked: "(min-width: 0)" if asked[1] == scheme else "(max-width: 0)", html
    )


def variables_of(data: dict[str, Any]) -> list[dict[str, str]]:
    """Name, kind and value of each variable, for people who do not write Python."""
    return [{"name": key, "kind": _kind(one), "value": _short(one)} for key, one in data.items()]


def send_test(name: str, address: str, language: str = "") -> EmailQueue:
    """Queue the template with its sample data for one address, in `language` if it has that.

    Raises:
        EmailRequestError: the address cannot be used.
        TemplateError: as `sample`.
    """
    content, variables = sample(name, language)
    return email_service.send_email_task(
        email_type="template_test",
        subject=f"[Test] {content.subject}",
        recipients=[address],
        context=variables,
        template_path=name,
        language=content.language,
        source_app="emails",
        priority="high",
    )


def _kind(value: Any) -> str:
    """The type of a variable, in a word for people who do not write Python."""
    match value:
        case bool():
            return "yes or no"
        case int() | float():
            return "number"
        case list():
            return "list"
        case dict():
            return "group"
        case None:
            return "nothing"
        case _:
            return "text"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return Truncator(text).chars(_LONGEST_VALUE)
