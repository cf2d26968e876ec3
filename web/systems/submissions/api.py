"""The forms as JSON endpoints: 201 with a reference, 400 by field, 429 with `Retry-After`."""

from typing import Any, cast

from django.conf import settings
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ParseError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from postroom.web.api.parsers import TextJSONParser
from postroom.web.systems.submissions.intake import take
from postroom.web.systems.submissions.kinds import FormKind
from postroom.web.systems.submissions.serializers import (
    ProblemSerializer,
    ReceiptSerializer,
    SpeakerSubmissionSerializer,
    SubmissionSerializer,
)
from postroom.web.systems.submissions.throttle import TooManySubmissionsError


class SmallJSONParser(TextJSONParser):
    """JSON up to DATA_UPLOAD_MAX_MEMORY_SIZE, which Django itself applies to forms only."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        request = (parser_context or {}).get("request")
        if limit and request and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            raise ParseError(f"The body is larger than {limit} bytes.")
        return super().parse(stream, media_type, parser_context)


class _Schema(AutoSchema):
    """Uses the texts of the form in the OpenAPI description."""

    def get_summary(self) -> str:
        return self._kind.title

    def get_description(self) -> str:  # type: ignore[override]  # two libraries differ here
        return f"{self._kind.intro} A confirmation is sent to the address in `email`."

    def get_tags(self) -> list[str]:
        return ["Forms"]

    @property
    def _kind(self) -> FormKind:
        return cast("SubmissionView", self.view).kind


class SubmissionView(GenericAPIView[Any]):
    """Accepts submissions of one kind, from anyone."""

    kind: FormKind = None  # type: ignore[assignment]  # given in urls.py
    schema = _Schema()
    # No session is used, so a forged request gains nothing.
    authentication_classes = ()
    permission_classes = ()

    def get_serializer_class(self) -> type[SubmissionSerializer]:
        """The serializer of the kind."""
        return self.kind.serializer

    def get_parsers(self) -> list[BaseParser]:
        """Files need multipart; everything else is JSON."""
        if issubclass(self.kind.serializer, SpeakerSubmissionSerializer):
            return [MultiPartParser()]
        return [SmallJSONParser()]

    @extend_schema(
        responses={
            201: ReceiptSerializer,
            400: OpenApiResponse(
                {"type": "object", "additionalProperties": {"type": "array", "items": {}}},
                description="Messages by field name.",
            ),
            429: OpenApiResponse(
                ProblemSerializer,
                description="Too many submissions from this address or client; see `Retry-After`.",
            ),
            503: OpenApiResponse(
                ProblemSerializer, description="The database is unavailable; nothing was stored."
            ),
        }
    )
    def post(self, request: Request) -> Response:
        """Validate, store, respond."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            receipt = take(self.kind, serializer.validated_data, request._request)
        except TooManySubmissionsError as error:
            return Response(
                {"detail": str(error)},
                status=429,
                headers={"Retry-After": str(error.retry_after)},
            )
        answer = {"id": receipt.id, "reference": receipt.reference, "message": self.kind.thanks}
        return Response(ReceiptSerializer(answer).data, status=201)
