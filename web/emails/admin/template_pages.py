"""Previews every template with its sample data, and sends a test to the user's own address."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode

from postroom.shared.rendering.renderer import Content, TemplateError
from postroom.web.adminkit.links import page_of
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating.preview import closed_page
from postroom.web.emails.queueing.content import renderer
from postroom.web.emails.showing import templates
from postroom.web.people import address_of

TEST: Final = "postroom.send_again_emailqueue"
WIDTHS: Final = {"phone": 390, "desktop": 800}


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
        content, variables = templates.sample(name, request.GET.get("language", ""))
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
        "variables": templates.variables_of(variables),
        "widths": list(WIDTHS),
        "width": width if width in WIDTHS else "desktop",
        "pixels": WIDTHS.get(width, WIDTHS["desktop"]),
        "languages": templates.languages_of(name, content) if content else [],
        "schemes": templates.SCHEMES,
        "scheme": scheme if scheme in templates.SCHEMES else "light",
        "can_test": content is not None and request.user.has_perm(TEST),
        "own_address": address_of(request.user),
    }
    return render(request, "admin/postroom/templates.html", context)


def frame(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The HTML part with its sample data, as a sandboxed page."""
    _may_look(model_admin, request)
    try:
        asked = request.GET.get("language", "")
        content, _ = templates.sample(request.GET.get("name", ""), asked)
    except TemplateError as error:
        raise Http404(str(error)) from error
    return closed_page(templates.in_scheme(content.html, request.GET.get("scheme", "light")))


def send_test(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Queue the template with its sample data for the user's own address only."""
    _may_look(model_admin, request)
    if not request.user.has_perm(TEST):
        raise PermissionDenied
    name = request.POST.get("name", "")
    language = request.POST.get("language", "")
    known = urlencode({"name": name, "language": language})
    back = f"{page_of(model_admin, 'postroom_emailqueue_templates')}?{known}"
    try:
        email = templates.send_test(name, address_of(request.user), language)
    except (EmailRequestError, TemplateError) as error:
        model_admin.message_user(request, f"Not sent: {error}", messages.ERROR)
    else:
        model_admin.message_user(request, f"Queued as #{email.pk}.", messages.SUCCESS)
    return HttpResponseRedirect(back)


def _may_look(model_admin: Any, request: HttpRequest) -> None:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
