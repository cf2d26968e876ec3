"""The page on which people leave a list, and come back; mail programs post to it.

No login, no cookie, no CSRF token (RFC 8058 3.2): the token says who it is. GET changes nothing,
because mail scanners open every link. A wrong token costs a signature and no statement.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from postroom.web.conf import conf
from postroom.web.emails.lists import subscriptions, tokens
from postroom.web.page_language import in_readers_language, text_attributes


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@in_readers_language
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page; on POST unsubscribe or subscribe again. 404 for an invalid token."""
    subscription = tokens.read(token)
    if subscription is None:
        return _page(request, {"known": False}, status=404)
    done, status = False, 200
    if request.method == "POST":
        done = True
        match request.POST.get("action"), request.POST.get("List-Unsubscribe"):
            case "subscribe", _:
                subscriptions.join(subscription)
            case ("unsubscribe", _) | (_, "One-Click"):
                subscriptions.leave(subscription)
            case _:
                done, status = False, 400
    values = {
        "known": True,
        "done": done,
        "address": subscription.address,
        "list": subscriptions.name_of(subscription.list_id),
        "left": subscriptions.has_left(subscription),
        "nothing": subscriptions.gets_nothing(subscription),
    }
    return _page(request, values, status=status)


def _page(request: HttpRequest, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    values = {"site_name": conf.site_name, **text_attributes(), **context}
    response = render(request, "postroom/lists/unsubscribe.html", values, status=status)
    # The URL is a secret: no other site and no search engine may learn it.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
