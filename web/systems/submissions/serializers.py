"""The forms in the API; the rules come from the models."""

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from postroom.web.api.strict import StrictModelSerializer
from postroom.web.systems.submissions.fields import PublicAddressField
from postroom.web.systems.submissions.forms import (
    AwardNominationForm,
    EventRegistrationForm,
    InquiryForm,
    SpeakerSubmissionForm,
)
from postroom.web.systems.submissions.validators import pdf


@extend_schema_field(OpenApiTypes.EMAIL)
class AddressField(serializers.CharField):
    """The address; its rule is the model's."""


class SubmissionSerializer(StrictModelSerializer):
    """The fields of the page, and the hidden one that only robots fill in."""

    serializer_field_mapping: ClassVar = {
        **StrictModelSerializer.serializer_field_mapping,
        PublicAddressField: AddressField,
    }
    website = serializers.CharField(
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="Leave it out: a submission that contains it is treated as spam and dropped.",
    )

    @property
    def takes_unknown_fields(self) -> bool:
        """A challenge of the site's own has a field of its own."""
        return bool(settings.SUBMISSION_CHALLENGE)


class InquirySerializer(SubmissionSerializer):
    class Meta:
        model = InquiryForm.Meta.model
        fields = [*InquiryForm.Meta.fields, "website"]


class EventRegistrationSerializer(SubmissionSerializer):
    class Meta:
        model = EventRegistrationForm.Meta.model
        fields = [*EventRegistrationForm.Meta.fields, "website"]


class AwardNominationSerializer(SubmissionSerializer):
    class Meta:
        model = AwardNominationForm.Meta.model
        fields = [*AwardNominationForm.Meta.fields, "website"]


class SpeakerSubmissionSerializer(SubmissionSerializer):
    file = serializers.FileField(validators=[pdf], help_text="A PDF file.")

    class Meta:
        model = SpeakerSubmissionForm.Meta.model
        fields = [*SpeakerSubmissionForm.Meta.fields, "website"]


class ReceiptSerializer(serializers.Serializer[Any]):
    """The response to a submission."""

    id = serializers.IntegerField()
    reference = serializers.CharField(
        help_text="Quote this when you write to us about it, e.g. INQ-12"
    )
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a submission was not accepted."""

    detail = serializers.CharField()
