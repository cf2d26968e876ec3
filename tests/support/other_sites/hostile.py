"""What a site may have put into REST_FRAMEWORK for its own endpoints, all of it unlike ours."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

DEFAULTS = {
    "DEFAULT_AUTHENTICATION_CLASSES": [f"{__name__}.Everybody"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FileUploadParser"],
    "DEFAULT_THROTTLE_CLASSES": [f"{__name__}.Nobody"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "DEFAULT_FILTER_BACKENDS": ["rest_framework.filters.SearchFilter"],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
    "ALLOWED_VERSIONS": ["9"],
    "PAGE_SIZE": 1,
    "EXCEPTION_HANDLER": f"{__name__}.answer",
    "DATETIME_FORMAT": "%d.%m.%Y",
    "TIME_FORMAT": "%H Uhr",
    "COMPACT_JSON": False,
    "UNICODE_JSON": False,
}


class Everybody(BaseAuthentication):
    """Lets everybody in as the first user."""

    def authenticate(self, request: Any) -> Any:
        """The first user of all."""
        from django.contrib.auth import get_user_model

        return get_user_model()._default_manager.first(), None


class Nobody(BaseThrottle):
    """Refuses every request."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Never."""
        return False


def answer(error: Exception, context: Any) -> Response:
    """Answers 200 to every error."""
    return Response({"hostile": str(error)})
