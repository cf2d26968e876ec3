"""Pages for what went wrong: the look of the site, words for the public, and a way back.

For `handler400`, `handler403`, `handler404` and `handler500` in a site's URL configuration, for
`CSRF_FAILURE_VIEW`, and for the answer while the database is away. None of them needs a database.
What asks for `/api/` gets JSON.
"""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.urls import get_script_prefix
from django.utils.html import format_html

from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf

log = logger(__name__)
_TEMPLATE: Final = "postroom_protection/error.html"
RETRY_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a page says: `detail` is the one sentence that an API gives."""

    status: int
    title: str
    detail: str
    more: str = ""


BAD_REQUEST: Final = Trouble(
    400,
    "This request cannot be read",
    "Your browser sent something that this site does not understand.",
    "This is mostly a link that was copied in part. Open the page again from the start page.",
)
FORBIDDEN: Final = Trouble(
    403,
    "You may not open this page",
    "Your account does not have the permission that this page needs.",
    "If you think that it should, ask the people who run this site.",
)
NOT_FOUND: Final = Trouble(
    404,
    "There is no such page",
    "The address may be mistyped, or what it showed has been moved or deleted.",
)
FAILED: Final = Trouble(
    500,
    "Something went wrong here",
    "This is a fault of the site, not of yours. It was written to the site's log.",
    "Please try again in a few minutes.",
)
AWAY: Final = Trouble(
    503,
    "This site is not available just now",
    "The database is not available. Nothing was stored; please try again shortly.",
)
STALE: Final = Trouble(
    403,
    "This form was not sent",
    "Your browser did not return the cookie that proves that the form came from this site. "
    "Nothing was stored.",
    "This happens when a page has been open for very long, when you signed in or out in another "
    "window, or when cookies are blocked. Open the page again and send the form once more.",
)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler400`."""
    return answer(request, BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler403`."""
    return answer(request, FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler404`."""
    return answer(request, NOT_FOUND)


def server_error(request: HttpRequest) -> HttpResponse:
    """`handler500`."""
    return answer(request, FAILED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`: the cause is nearly always a blocked or expired cookie."""
    return answer(request, STALE)


def unavailable(request: HttpRequest) -> HttpResponse:
    """While the database is away: 503 with `Retry-After`."""
    response = answer(request, AWAY)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def answer(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    """The page, or JSON for the API."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": trouble.detail}, status=trouble.status)
    try:
        # No request, so no context processor, which might ask the database.
        page = render_to_string(_TEMPLATE, _context(request, trouble))
    except Exception as error:
        if not isinstance(error, TemplateDoesNotExist):  # a site may leave this part out
            log.exception("error_page_failed", path=request.path)
        page = format_html(
            '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
            '<title>{}</title><h1>{}</h1><p>{} {}</p><p><a href="/">To the start page</a></p>',
            trouble.title, trouble.title, trouble.detail, trouble.more,
        )  # fmt: skip
    return HttpResponse(page, status=trouble.status)


def _context(request: HttpRequest, trouble: Trouble) -> dict[str, Any]:
    start = get_script_prefix()
    return {
        "site_name": conf.site_name,
        "trouble": trouble,
        "start": start,
        # The same page once more: after a forged or an old form, and when the site was away.
        "again": request.get_full_path() if trouble in (STALE, FAILED, AWAY) else "",
        "typed": request.method == "POST" and trouble is not STALE,
    }
