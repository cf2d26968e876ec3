"""The requests and responses of the reports' API."""

from typing import Any, ClassVar, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as ModelError
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from postroom.shared.addresses import canonical
from postroom.shared.errors import HeaderError
from postroom.web import people
from postroom.web.api.strict import (
    IdField,
    KnownFieldsOnly,
    StrictModelSerializer,
    WholeNumberField,
)
from postroom.web.reporting.api import access
from postroom.web.reporting.api.execution_shapes import MAY_BE_NULL, ExecutionSerializer
from postroom.web.reporting.models import (
    ReportSchedule,
    ReportScheduleExecution,
    ReportScheduleRecipient,
)

MOST_RECIPIENTS: Final = 500  # in the answer about one schedule; all are in its list
_RECENT_EXECUTIONS: Final = 5


class ScheduleSerializer(StrictModelSerializer):
    """One schedule; error messages are given by field, as in a form."""

    created_by = serializers.CharField(source="created_by.get_username", read_only=True)
    last_sent = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = ReportSchedule
        fields: ClassVar[tuple[str, ...]] = (
            "id", "name", "report_type", "frequency", "day_of_week", "day_of_month", "time",
            "timezone", "cron_expression", "business_days_only", "export_format", "is_active",
            "created_by", "created_at", "last_generated", "last_sent", "next_scheduled",
        )  # fmt: skip
        read_only_fields = ("created_at", "last_generated", "next_scheduled")
        extra_kwargs = {
            "day_of_week": {"error_messages": {"invalid_choice": "Enter 1 (Monday) to 7 (Sunday)."}}
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Apply the model's rules to the schedule as it will be."""
        schedule = ReportSchedule(**self._now() | attrs)
        try:
            schedule.clean()
        except ModelError as error:
            raise serializers.ValidationError(error.message_dict) from error
        # Due times that passed while a schedule was paused do not count as missed.
        if self.instance is None or self._changed(attrs) & {*ReportSchedule.RULE, "is_active"}:
            schedule.plan(timezone.now())
            attrs["next_scheduled"] = schedule.next_scheduled
        return attrs

    def update(self, instance: ReportSchedule, validated_data: dict[str, Any]) -> ReportSchedule:
        """Write only the given fields: the job may have run the schedule in the meantime."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=validated_data)
        return instance

    def _now(self) -> dict[str, Any]:
        if self.instance is None:
            return {}
        return {name: getattr(self.instance, name) for name in ReportSchedule.RULE}

    def _changed(self, attrs: dict[str, Any]) -> set[str]:
        return {name for name, value in attrs.items() if getattr(self.instance, name) != value}


@extend_schema_field(int)
class UserIdField(IdField):
    """The id of a user who may log in."""

    default_error_messages: ClassVar = {
        "does_not_exist": "There is no such user.",
        "incorrect_type": "Enter the ID of a user.",
        "null": "Enter the ID of a user.",
    }

    def get_queryset(self) -> Any:
        """The users of this site."""
        return get_user_model()._default_manager.filter(people.active())


class RecipientSerializer(StrictModelSerializer):
    """One recipient. `recipient_id` and `user_id` are the same number: the user's."""

    recipient_id = serializers.IntegerField(source="user_id", read_only=True)
    user_id = serializers.IntegerField(read_only=True)
    email = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()

    class Meta:
        model = ReportScheduleRecipient
        fields = (
            "recipient_id", "user_id", "email", "name", "is_subscribed", "subscribed_at",
            "unsubscribed_at",
        )  # fmt: skip
        read_only_fields = ("is_subscribed", "subscribed_at", "unsubscribed_at")

    def get_email(self, recipient: ReportScheduleRecipient) -> str:
        return people.address_of(recipient.user)

    def get_name(self, recipient: ReportScheduleRecipient) -> str:
        return people.name_of(recipient.user)


class NewRecipientSerializer(KnownFieldsOnly):
    """A user's id, under either name."""

    recipient_id = UserIdField(required=False)
    user_id = UserIdField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of both."""
        if len(attrs) != 1:
            raise serializers.ValidationError({"recipient_id": ["Enter the ID of a user."]})
        return attrs


class DetailedScheduleSerializer(ScheduleSerializer):
    """One schedule with its recipients and its newest runs."""

    recipients = serializers.SerializerMethodField()
    active_recipients_count = serializers.SerializerMethodField()
    recent_executions = serializers.SerializerMethodField()

    class Meta(ScheduleSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (
            *ScheduleSerializer.Meta.fields, "recipients", "active_recipients_count",
            "recent_executions",
        )  # fmt: skip

    @extend_schema_field(RecipientSerializer(many=True, allow_null=True, help_text=MAY_BE_NULL))
    def get_recipients(self, schedule: ReportSchedule) -> list[dict[str, Any]] | None:
        if not self._names(schedule):
            return None
        rows = schedule.recipients.select_related("user").order_by("pk")[:MOST_RECIPIENTS]
        return list(RecipientSerializer(rows, many=True).data)

    def get_active_recipients_count(self, schedule: ReportSchedule) -> int:
        return schedule.recipients.filter(people.active("user"), is_subscribed=True).count()

    @extend_schema_field(ExecutionSerializer(many=True))
    def get_recent_executions(self, schedule: ReportSchedule) -> list[dict[str, Any]]:
        rows = ReportScheduleExecution.objects.filter(schedule=schedule).with_outcome()
        newest = rows.order_by("-pk")[:_RECENT_EXECUTIONS]
        shown = {"names": self._names(schedule)}
        return list(ExecutionSerializer(newest, many=True, context=shown).data)

    def _names(self, schedule: ReportSchedule) -> bool:
        return access.sees_recipients(self.context["request"].user, schedule)


class SubscriptionSerializer(StrictModelSerializer):
    """A subscription of the requesting user."""

    schedule_id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(source="schedule.name", read_only=True)
    report_type = serializers.CharField(source="schedule.report_type", read_only=True)
    frequency = serializers.CharField(source="schedule.frequency", read_only=True)

    class Meta:
        model = ReportScheduleRecipient
        fields = (
            "id", "schedule_id", "name", "report_type", "frequency", "is_subscribed",
            "subscribed_at", "unsubscribed_at",
        )  # fmt: skip


class UnsubscribeSerializer(KnownFieldsOnly):
    """The token of an e-mail, under either name, or the schedule of one of one's subscriptions."""

    token = serializers.CharField(required=False)
    unsubscribe_token = serializers.CharField(required=False)
    schedule_id = WholeNumberField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of them."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either token or schedule_id.")
        return attrs


class DetailSerializer(serializers.Serializer[Any]):
    """A sentence."""

    detail = serializers.CharField()


class TestRequestSerializer(KnownFieldsOnly):
    """Where the test goes; without an address, to the requesting user."""

    recipient_email = serializers.CharField(required=False)

    def validate_recipient_email(self, value: str) -> str:
        """Raises ValidationError."""
        try:
            return canonical(value)
        except HeaderError as error:
            raise serializers.ValidationError(f"This is not an e-mail address. {error}") from error


class TestEmailSerializer(DetailSerializer):
    """The test's execution and e-mail."""

    execution_id = serializers.IntegerField()
    task_id = serializers.IntegerField(help_text="The e-mail's id")
