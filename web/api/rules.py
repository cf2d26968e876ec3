"""The rules of every endpoint of ours, whatever REST_FRAMEWORK of the site says."""

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import SessionAuthentication
from rest_framework.metadata import SimpleMetadata
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.views import exception_handler

from postroom.web.api.paging import Pages
from postroom.web.api.parsers import TextJSONParser
from postroom.web.api.throttle import UserThrottle
from postroom.web.parts import API


def _ways_in() -> tuple[Any, ...]:
    """The first one determines the text of a 401; sessions are for people who use the docs."""
    if not apps.is_installed(API):  # tokens are its rows
        return (SessionAuthentication,)
    return (
        import_string("postroom.web.api.authentication.TokenAuthentication"),
        SessionAuthentication,
    )


class PlainJSONRenderer(JSONRenderer):
    """JSON as DRF writes it by default."""

    compact = strict = True
    ensure_ascii = False


class OwnRules:
    """Mixin before DRF's view: no class or handler of the site's defaults takes part.

    A view may replace one of them, for example `permission_classes`.
    """

    authentication_classes: Any = _ways_in()
    permission_classes: Any = (IsAuthenticated,)
    renderer_classes: Any = (PlainJSONRenderer,)
    parser_classes: Any = (TextJSONParser, FormParser, MultiPartParser)
    throttle_classes: Any = (UserThrottle,)
    filter_backends: Any = ()
    pagination_class: Any = Pages
    content_negotiation_class: Any = DefaultContentNegotiation
    metadata_class: Any = SimpleMetadata
    versioning_class: Any = None
    schema: Any = AutoSchema()

    def get_exception_handler(self) -> Callable[..., Any]:
        """DRF's own: `{"detail": ...}`, or messages by field."""
        return exception_handler
