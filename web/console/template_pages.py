"""Previews every template with its sample data, and sends a test to the user's own address."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from postroom.shared.rendering.renderer import Content, TemplateError
from postroom.web.console import links
from postroom.web.console.access import SEE, page
from postroom.web.console.layout import render
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.operating.preview import closed_page
from postroom.web.emails.queueing.content import renderer
from postroom.web.emails.showing import templates
from postroom.web.people import address_of

_TEST: Final = "postroom.send_again_emailqueue"
_WIDTHS: Final = ("desktop", "phone")


@page(SEE)
def listed(request: HttpRequest) -> HttpResponse:
    """The list of templates, and the chosen one."""
    names = renderer().names()
    name = request.GET.get("name", "") or (names[0] if names else "")
    content: Content | None = None
    variables: dict[str, Any] = {}
    problem = ""
    try:
        content, variables = templates.sample(name, request.GET.get("language", ""))
    except TemplateError as error:
        problem = str(error)
    context = {
        "title": f"Template {name}" if content else "Templates",
        "section": "templates",
        "names": names,
        "name": name,
        "content": content,
        "problem": problem if name else "",
        "variables": templates.variables_of(variables),
        "widths": _WIDTHS,
        "width": _one_of(_WIDTHS, request.GET.get("width", "")),
        "languages": templates.languages_of(name, content) if content else [],
        "schemes": templates.SCHEMES,
        "scheme": _one_of(templates.SCHEMES, request.GET.get("scheme", "")),
        "can_test": content is not None and request.user.has_perm(_TEST),
        "own_address": address_of(request.user),
    }
    return render(request, "postroom_console/templates.html", context)


@page(SEE)
def frame(request: HttpRequest) -> HttpResponse:
    """The HTML part with its sample data, as a sandboxed page."""
    try:
        asked = request.GET.get("language", "")
        content, _ = templates.sample(request.GET.get("name", ""), asked)
    except TemplateError as error:
        raise Http404(str(error)) from error
    return closed_page(templates.in_scheme(content.html, request.GET.get("scheme", "light")))


@page(SEE, methods="POST")
def send_test(request: HttpRequest) -> HttpResponse:
    """Queue the template with its sample data for the user's own address only."""
    if not request.user.has_perm(_TEST):
        raise PermissionDenied("You do not have permission to do this.")
    name, language = request.POST.get("name", ""), request.POST.get("language", "")
    try:
        email = templates.send_test(name, address_of(request.user), language)
    except (EmailRequestError, TemplateError) as error:
        messages.error(request, f"Not sent: {error}")
        known = f"?{urlencode({'name': name, 'language': language})}"
        return HttpResponseRedirect(links.to(request, "templates") + known)
    messages.success(request, f"Queued as #{email.pk}.")
    return HttpResponseRedirect(links.to(request, "email", email.pk))


def _one_of(known: tuple[str, ...], value: str) -> str:
    return value if value in known else known[0]
