"""The forms as pages without JavaScript."""

import re
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf
from postroom.web.protection import error_pages
from postroom.web.systems.submissions.forms import SubmissionForm
from postroom.web.systems.submissions.intake import take
from postroom.web.systems.submissions.kinds import KINDS, FormKind
from postroom.web.systems.submissions.protection.throttle import TooManySubmissionsError

log = logger(__name__)
_STALE = (
    "This page was open for very long, or your browser blocks cookies. Nothing was stored, and "
    "what you typed is still here: please press the button once more."
)
_NOT_STORED = "This could not be stored just now. Please send it again in a minute."


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The list of the four forms."""
    return _page(request, "index", {"kinds": KINDS})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def form_page(request: HttpRequest, kind: FormKind) -> HttpResponse:
    """One form: empty, or with what was typed and its errors."""
    if request.method != "POST":
        return _form(request, kind, kind.form())
    form = kind.form(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, kind, form, status=400)
    try:
        receipt = take(kind, form.cleaned_data, request, request.POST)
    except ValidationError as error:
        form.add_error(None, error)
        return _form(request, kind, form, status=400)
    except TooManySubmissionsError as error:
        form.add_error(None, str(error))
        return _later(_form(request, kind, form, status=429), error.retry_after)
    except (OperationalError, InterfaceError) as error:
        # The page again, with everything that was typed, instead of an error without it.
        log.error("database_unavailable", path=request.path, error=str(error).strip())
        form.add_error(None, _NOT_STORED)
        return _later(_form(request, kind, form, status=503), 10)
    query = urlencode({"form": kind.page, "reference": receipt.reference})
    return HttpResponseRedirect(f"{reverse('submissions:thank-you')}?{query}")


@never_cache
@require_safe
def thank_you(request: HttpRequest) -> HttpResponse:
    """The page after a sent form; loading it again sends nothing."""
    kind = next((k for k in KINDS if k.page == request.GET.get("form")), None)
    reference = request.GET.get("reference", "")
    # Anyone can make a link to this page: show only what looks like our own reference.
    if kind is None or not re.fullmatch(rf"{kind.model.PREFIX}-[0-9]{{1,12}}", reference):
        reference = ""
    return _page(request, "thank_you", {"kind": kind, "reference": reference})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: a form of ours again with what was typed, which needs one more press.

    The cause is nearly always a blocked or expired cookie. For other pages: a page that says so.
    """
    kind = _kind_at(request.path_info)
    if kind is None or request.method != "POST":
        return error_pages.csrf_failure(request, reason)
    form = kind.form(request.POST, request.FILES)
    form.add_error(None, _STALE)
    return _form(request, kind, form, status=403)


def _kind_at(path: str) -> FormKind | None:
    try:
        kind = resolve(path).kwargs.get("kind")
    except Resolver404:
        return None
    return kind if isinstance(kind, FormKind) else None


def _later(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response


def _form(
    request: HttpRequest, kind: FormKind, form: SubmissionForm, *, status: int = 200
) -> HttpResponse:
    return _page(request, "form", {"kind": kind, "form": form}, status=status)


def _page(
    request: HttpRequest, name: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    values = {"site_name": conf.site_name, **context}
    return render(request, f"submissions/{name}.html", values, status=status)
