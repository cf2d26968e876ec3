"""Previews every template with its sample data, and sends a test to the user's own address."""

import json
import re
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import Truncator

from postroom.shared.rendering.renderer import Content, TemplateError, TemplateNotFoundError
from postroom.web.console import links
from postroom.web.console.access import SEE, page
from postroom.web.console.layout import render
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.operating.preview import closed_page
from postroom.web.emails.queueing.content import renderer
from postroom.web.emails.service import email_service
from postroom.web.people import address_of

_TEST: Final = "postroom.send_again_emailqueue"
_WIDTHS: Final = ("desktop", "phone")
_SCHEMES: Final = ("light", "dark")
_LONGEST_VALUE: Final = 80
_ASKS_FOR_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")


@page(SEE)
def templates(request: HttpRequest) -> HttpResponse:
    """The list of templates, and the chosen one."""
    names = renderer().names()
    name = request.GET.get("name", "") or (names[0] if names else "")
    content: Content | None = None
    variables: dict[str, Any] = {}
    problem = ""
    try:
        content, variables = _sample(name)
    except TemplateError as error:
        problem = str(error)
    context = {
        "title": f"Template {name}" if content else "Templates",
        "section": "templates",
        "names": names,
        "name": name,
        "content": content,
        "problem": problem if name else "",
        "variables": [(key, _kind(value), _short(value)) for key, value in variables.items()],
        "widths": _WIDTHS,
        "width": _one_of(_WIDTHS, request.GET.get("width", "")),
        "schemes": _SCHEMES,
        "scheme": _one_of(_SCHEMES, request.GET.get("scheme", "")),
        "can_test": content is not None and request.user.has_perm(_TEST),
        "own_address": address_of(request.user),
    }
    return render(request, "postroom_console/templates.html", context)


@page(SEE)
def frame(request: HttpRequest) -> HttpResponse:
    """The HTML part with its sample data, as a sandboxed page."""
    try:
        content, _ = _sample(request.GET.get("name", ""))
    except TemplateError as error:
        raise Http404(str(error)) from error
    return closed_page(_in_scheme(content.html, request.GET.get("scheme", "light")))


@page(SEE, methods="POST")
def send_test(request: HttpRequest) -> HttpResponse:
    """Queue the template with its sample data for the user's own address only."""
    if not request.user.has_perm(_TEST):
        raise PermissionDenied("You do not have permission to do this.")
    name = request.POST.get("name", "")
    try:
        content, variables = _sample(name)
        email = email_service.send_email_task(
            email_type="template_test",
            subject=f"[Test] {content.subject}",
            recipients=[address_of(request.user)],
            context=variables,
            template_path=name,
            source_app="emails",
            priority="high",
        )
    except (EmailRequestError, TemplateError) as error:
        messages.error(request, f"Not sent: {error}")
        known = f"?{urlencode({'name': name})}"
        return HttpResponseRedirect(links.to(request, "templates") + known)
    messages.success(request, f"Queued as #{email.pk}.")
    return HttpResponseRedirect(links.to(request, "email", email.pk))


def _in_scheme(html: str, scheme: str) -> str:
    """The part as a mail program in light or dark mode shows it, whatever this browser prefers."""
    return _ASKS_FOR_SCHEME.sub(
        lambda asked: "(min-width: 0)" if asked[1] == scheme else "(max-width: 0)", html
    )


def _sample(name: str) -> tuple[Content, dict[str, Any]]:
    if name not in renderer().names():
        raise TemplateNotFoundError(name, "there is no such template")
    variables = renderer().sample(name)
    return renderer().render(name, variables), variables


def _one_of(known: tuple[str, ...], value: str) -> str:
    return value if value in known else known[0]


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
