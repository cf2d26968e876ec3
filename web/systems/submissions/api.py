"""The forms as JSON endpoints: 201 with a reference, 400 by field, 429 with `Retry-After`."""

from collections.abc import Mapping
from typing import Any, cast

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from postroom.web.api.parsers import TextJSONParser
from postroom.web.api.rules import OwnRules
from postroom.web.systems.submissions.intake import take
from postroom.web.systems.submissions.kinds import FormKind
from postroom.web.systems.submissions.protection.throttle import TooManySubmissionsError
from postroom.web.systems.submissions.serializers import (
    ProblemSerializer,
    ReceiptSerializer,
    SpeakerSubmissionSerializer,
    SubmissionSerializer,
)


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


class SubmissionView(OwnRules, GenericAPIView[Any]):
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
        return [TextJSONParser()]

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
        posted = cast("Mapping[str, Any]", request.data)
        try:
            receipt = take(self.kind, serializer.validated_data, request._request, posted)
        except ValidationError as error:
            return Response(_by_field(error), status=400)
        except TooManySubmissionsError as error:
            return Response(
                {"detail": str(error)},
                status=429,
                headers={"Retry-After": str(error.retry_after)},
            )
        answer = {"id": receipt.id, "reference": receipt.reference, "message": self.kind.thanks}
        return Response(ReceiptSerializer(answer).data, status=201)


def _by_field(error: ValidationError) -> dict[str, list[str]]:
    messages = error.message_dict
    if NON_FIELD_ERRORS in messages:
        messages[api_settings.NON_FIELD_ERRORS_KEY] = messages.pop(NON_FIELD_ERRORS)
    return messages
