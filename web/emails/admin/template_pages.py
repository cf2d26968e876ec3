"""Previews every template with its sample data, and sends a test to the user's own address."""

import json
import re
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.text import Truncator

from postroom.shared.rendering.renderer import Content, TemplateError, TemplateNotFoundError
from postroom.web.adminkit.links import page_of
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating.preview import closed_page
from postroom.web.emails.queueing.content import renderer
from postroom.web.emails.service import email_service
from postroom.web.people import address_of

TEST: Final = "postroom.send_again_emailqueue"
WIDTHS: Final = {"phone": 390, "desktop": 800}
SCHEMES: Final = ("light", "dark")
_LONGEST_VALUE: Final = 80
_ASKS_FOR_SCHEME = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The list of templates, and the chosen one."""
    _may_look(model_admin, request)
    names = renderer().names()
    name = request.GET.get("name", "") or (names[0] if names else "")
    width = request.GET.get("width", "")
    scheme = request.GET.get("scheme", "")
    content: Content | None = None
    variables: dict[str, Any] = {}
    problem = ""
    try:
        content, variables = _sample(name)
    except TemplateError as error:
        problem = str(error)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Templates",
        "opts": EmailQueue._meta,
        "names": names,
        "name": name,
        "content": content,
        "problem": problem,
        "variables": [
            {"name": key, "kind": _kind(value), "value": _short(value)}
            for key, value in variables.items()
        ],
        "widths": list(WIDTHS),
        "width": width if width in WIDTHS else "desktop",
        "pixels": WIDTHS.get(width, WIDTHS["desktop"]),
        "schemes": SCHEMES,
        "scheme": scheme if scheme in SCHEMES else "light",
        "can_test": content is not None and request.user.has_perm(TEST),
        "own_address": address_of(request.user),
    }
    return render(request, "admin/postroom/templates.html", context)


def frame(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The HTML part with its sample data, as a sandboxed page."""
    _may_look(model_admin, request)
    try:
        content, _ = _sample(request.GET.get("name", ""))
    except TemplateError as error:
        raise Http404(str(error)) from error
    return closed_page(_in_scheme(content.html, request.GET.get("scheme", "light")))


def _in_scheme(html: str, scheme: str) -> str:
    """The part as a mail program in light or dark mode shows it, whatever this browser prefers."""
    return _ASKS_FOR_SCHEME.sub(
        lambda asked: "(min-width: 0)" if asked[1] == scheme else "(max-width: 0)", html
    )


def send_test(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Queue the template with its sample data for the user's own address only."""
    _may_look(model_admin, request)
    if not request.user.has_perm(TEST):
        raise PermissionDenied
    name = request.POST.get("name", "")
    back = f"{page_of(model_admin, 'postroom_emailqueue_templates')}?{urlencode({'name': name})}"
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
        model_admin.message_user(request, f"Not sent: {error}", messages.ERROR)
    else:
        model_admin.message_user(request, f"Queued as #{email.pk}.", messages.SUCCESS)
    return HttpResponseRedirect(back)


def _sample(name: str) -> tuple[Content, dict[str, Any]]:
    if name not in renderer().names():
        raise TemplateNotFoundError(name, "there is no such template")
    variables = renderer().sample(name)
    return renderer().render(name, variables), variables


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


def _may_look(model_admin: Any, request: HttpRequest) -> None:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
