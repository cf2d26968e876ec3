"""The forms as the API takes them; the rules come with the models."""

from typing import Any, ClassVar

from django.db import models
from rest_framework import serializers

from postroom.web.systems.submissions.forms import (
    AwardNominationForm,
    EventRegistrationForm,
    InquiryForm,
    SpeakerSubmissionForm,
)
from postroom.web.systems.submissions.validators import NO_ADDRESS, pdf


class AddressField(serializers.EmailField):
    """An address in the page's words, and said once when several rules refuse it."""

    default_error_messages: ClassVar = {"invalid": NO_ADDRESS}

    def run_validators(self, value: Any) -> None:
        """Raises ValidationError."""
        try:
            super().run_validators(value)
        except serializers.ValidationError as error:
            raise serializers.ValidationError(list(dict.fromkeys(error.detail))) from error


class SubmissionSerializer(serializers.ModelSerializer[Any]):
    """The fields of the page, and the one that only robots fill in."""

    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.EmailField: AddressField,
    }
    website = serializers.CharField(
        required=False,
        allow_blank=True,
        write_only=True,
        help_text="Leave it out: whoever fills it in is taken for a robot and not heard.",
    )


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
    """The answer to a submission."""

    id = serializers.IntegerField()
    reference = serializers.CharField(help_text="What to name when asking about it, e.g. INQ-12")
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a submission was not taken."""

    detail = serializers.CharField()
