"""The Content-Security-Policy of every page (W3C CSP 3).

Pages load script, style and images from this site only, and have none inline. So do those of
Django's admin. Where a site draws its admin with django-unfold, whose Alpine.js evaluates
expressions in attributes and whose templates have inline scripts, the policy of these pages allows
that, and still nothing from or to another site.
"""

from collections.abc import Callable
from typing import Final

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER: Final = "Content-Security-Policy"
_COMMON: Final = {
    "default-src": "'none'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def _written(rules: dict[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


STRICT: Final = _written({**_COMMON, "script-src": "'self'", "style-src": "'self'"})
# Frames are previews of e-mails, which have a policy of their own.
ADMIN: Final = f"{STRICT}; frame-src 'self'"
UNFOLD: Final = _written(
    {
        **_COMMON,
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "frame-src": "'self'",
    }
)


def keep_frames_here(response: HttpResponse) -> None:
    """Let frames of this page show pages of this site only, where no middleware sets a policy.

    A policy of the site's own is left alone: it is in `MIDDLEWARE`, ours or Django's or another.
    """
    if not any("csp" in name.lower() for name in settings.MIDDLEWARE):
        response[HEADER] = "frame-src 'self'"


class PolicyMiddleware:
    """Sets the policy of a response whose view has set none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Django's error pages for developers have inline styles and scripts.
        if HEADER not in response and not (settings.DEBUG and response.status_code in (404, 500)):
            response[HEADER] = _policy(request)
        return response


def _policy(request: HttpRequest) -> str:
    match = request.resolver_match
    # Named after the view, not the address: a login page of ours may lie below /admin/ too.
    if match is None or "admin" not in match.app_names:
        return STRICT
    return UNFOLD if apps.is_installed("unfold") else ADMIN
