"""The OpenAPI document, built once per process, and how tokens appear in it."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class TokenScheme(OpenApiAuthenticationExtension):
    """An HTTP bearer token (RFC 6750)."""

    target_class = "postroom.web.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """One scheme; `Token` works like `Bearer` and needs no second entry."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `python manage.py create_api_token USER`.",
        }


class CachedSchemaView(SpectacularAPIView):
    """The same document for everybody: anyone may ask, and building it takes a quarter second."""

    # Not the site's defaults; what it renders is drf-spectacular's.
    authentication_classes: Any = ()
    permission_classes: Any = ()
    throttle_classes: Any = ()
    content_negotiation_class = DefaultContentNegotiation
    versioning_class = None

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """As YAML or JSON, by the header `Accept` or `?format=`."""
        renderer: Any = request.accepted_renderer
        response = HttpResponse(_document(renderer.__class__), content_type=renderer.media_type)
        response["Content-Disposition"] = f'inline; filename="Postroom.{renderer.format}"'
        response["Cache-Control"] = "max-age=300"
        response["Vary"] = "Accept"
        return response


@cache  # as many as there are renderers
def _document(renderer: Any) -> bytes:
    generator = SpectacularAPIView.generator_class()
    text = renderer().render(generator.get_schema(request=None, public=True))
    return text if isinstance(text, bytes) else str(text).encode()
