"""Who may open a page, and what every answer of the console has in common.

The rule is that of the site's own admin, which may ask for more than a staff account, and then the
page's named permission. A site without django.contrib.admin admits active staff.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods

from postroom.web.console import zones
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import error_page
from postroom.web.protection import csp

View = Callable[..., HttpResponse]
SEE: Final = "postroom.view_emailqueue"
REFUSED: Final = "You do not have permission to see or do this."
# The preview of an e-mail is a frame of this site, with a policy of its own.
POLICY: Final = f"{csp.STRICT}; frame-src 'self'"


def admitted(request: HttpRequest) -> bool:
    """Whether this user may open the console at all."""
    if apps.is_installed("django.contrib.admin"):
        from django.contrib import admin

        return admin.site.has_permission(request)
    user = request.user
    return bool(user.is_active and getattr(user, "is_staff", False))


def may(request: HttpRequest, *permissions: str) -> bool:
    """Whether this user is admitted and has all of `permissions`."""
    return admitted(request) and request.user.has_perms(permissions)


def page(*permissions: str, methods: str = "GET", fragment: bool = False) -> Callable[[View], View]:
    """A view for users with `permissions`, by these methods only ("GET POST"), never cached.

    Users who are not signed in go to the login. `fragment`: part of a page; no login page may
    get into it, so the answer is a plain 403.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *parts: Any, **named: Any) -> HttpResponse:
            with timezone.override(zones.zone_of(request)):
                response = _answer(view, request, permissions, fragment, parts, named)
            response.setdefault(csp.HEADER, POLICY)
            response.setdefault("X-Frame-Options", "DENY")
            response.setdefault("X-Content-Type-Options", "nosniff")
            response.setdefault("Referrer-Policy", "same-origin")
            return response

        allowed = methods.split() + (["HEAD"] if "GET" in methods else [])
        # Compressed here, so that pages are small whatever stands before the site.
        wrapped: View = never_cache(gzip_page(require_http_methods(allowed)(guarded)))
        return wrapped

    return decorate


def _answer(
    view: View,
    request: HttpRequest,
    permissions: tuple[str, ...],
    fragment: bool,
    parts: tuple[Any, ...],
    named: dict[str, Any],
) -> HttpResponse:
    try:
        if not admitted(request):
            if fragment:
                return HttpResponse("Log in again.", status=403, content_type="text/plain")
            if request.method == "POST":
                return error_page(request, 403, "Not allowed", "")
            return redirect_to_login(request.get_full_path(), login_address())
        if not request.user.has_perms(permissions):
            return error_page(request, 403, "Not allowed", REFUSED)
        return view(request, *parts, **named)
    except PermissionDenied as refused:
        return error_page(request, 403, "Not allowed", str(refused))
    except Http404 as missing:
        return error_page(request, 404, "Not found", str(missing))
    except NonsenseError as nonsense:
        return error_page(request, 400, "This address is not valid", str(nonsense))


def login_address() -> str:
    """The login of the admin, or of the site."""
    try:
        return reverse("admin:login")
    except NoReverseMatch:  # the site mounts no admin
        return settings.LOGIN_URL
