"""A bound on what is read of a request, before anything parses it."""

import codecs
import functools
import tempfile
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat

from postroom.shared.telemetry.logs import logger
from postroom.web.conf import conf

log = logger(__name__)
_IN_MEMORY: Final = 1024 * 1024
_CHUNK: Final = 64 * 1024
_TAKEN: Final = ("utf-8", "ascii")


def takes_body_of(most: Callable[[], int]) -> Callable[[Any], Any]:
    """A view that takes more than `REQUEST_MAX_BYTES`: `most` gives the bytes at each request."""

    def mark(view: Any) -> Any:
        @functools.wraps(view)
        def marked(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **kwargs)

        marked.most_bytes = most  # type: ignore[attr-defined]
        return marked

    return mark


class BodyLimitMiddleware:
    """413 for a larger body: by its Content-Length, or counted where it comes in chunks.

    It is the first middleware with `process_view`: the check for forged forms, a later one, reads
    the body. Django itself bounds no file, and takes a body in chunks (RFC 9112 7.1) for empty.

    415 for a body in another charset than UTF-8. Django takes any name that Python knows: `hex`
    and `undefined` raise where a page reads the form, `unicode_escape` and `utf-7` make texts that
    can be neither stored nor answered. The query is UTF-8, whatever the header says.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        named = request.encoding
        if named and codecs.lookup(named).name not in _TAKEN:
            request.encoding = "utf-8"
            if _has_body(request):
                return _other_charset(request, named)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Django's hook between the choice of a view and its call."""
        most = getattr(view, "most_bytes", None)
        limit: int = most() if most else conf.request_max_bytes
        if _in_chunks(request):
            return _read_chunks(request, limit)
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0  # as Django reads it
        return None if 0 <= length <= limit else _too_large(request, limit)


def _in_chunks(request: HttpRequest) -> bool:
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def _has_body(request: HttpRequest) -> bool:
    return _in_chunks(request) or request.META.get("CONTENT_LENGTH") not in ("", "0", None)


def _read_chunks(request: HttpRequest, limit: int) -> HttpResponse | None:
    """Give Django a body of known length; None if it is within the limit."""
    if not request.META.get("wsgi.input_terminated"):
        text = "Send this request with a Content-Length: this server reads no chunked bodies.\n"
        return HttpResponse(text, status=411, content_type="text/plain; charset=utf-8")
    incoming, length = request.META["wsgi.input"], 0
    body = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with request
    try:
        while chunk := incoming.read(min(_CHUNK, limit + 1 - length)):
            body.write(chunk)
            length += len(chunk)
            if length > limit:
                body.close()
                return _too_large(request, limit)
        body.seek(0)
    except BaseException:
        body.close()
        raise
    request.META["CONTENT_LENGTH"] = str(length)
    request._stream = body  # type: ignore[assignment]  # all that Django needs of it is `read`
    return None


def _too_large(request: HttpRequest, limit: int) -> HttpResponse:
    log.warning("request_too_large", path=request.path, limit=limit)
    size = filesizeformat(limit).replace("\xa0", " ")
    text = f"This request is larger than {size}. Nothing was read or stored."
    return _refusal(request, 413, text, "too_large.html")


def _other_charset(request: HttpRequest, named: str) -> HttpResponse:
    log.warning("request_in_other_charset", path=request.path, charset=named)
    text = "Send this request in UTF-8. Nothing was read or stored."
    return _refusal(request, 415, text, "other_charset.html")


def _refusal(request: HttpRequest, status: int, text: str, page: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": text}, status=status)
    values = {"site_name": conf.site_name, "text": text}
    return render(request, f"postroom_protection/{page}", values, status=status)
