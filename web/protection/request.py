"""The request as the web server gives it to Django."""

from django.core.handlers.wsgi import WSGIRequest, get_bytes_from_wsgi
from django.http import QueryDict
from django.utils.functional import cached_property


class Utf8Request(WSGIRequest):
    """Reads the query as UTF-8 (RFC 3986 2.5), whatever `Content-Type` says.

    Django reads it in the charset of that header as soon as it makes the request, and no middleware
    sees the error if `charset=hex` or `charset=undefined` cannot do so.
    """

    @cached_property
    def GET(self) -> QueryDict:  # type: ignore[override]
        """The query."""
        query = get_bytes_from_wsgi(self.environ, "QUERY_STRING", "")
        return QueryDict(query, encoding="utf-8")
