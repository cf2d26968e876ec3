"""The requests and responses of the reports' API."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as ModelError
from django.utils import timezone
from rest_framework import serializers

from postroom.web import people
from postroom.web.api.strict import IdField, StrictModelSerializer, WholeNumberField
from postroom.web.reporting.models import (
    ReportSchedule,
    ReportScheduleExecution,
    ReportScheduleRecipient,
)


class ScheduleSerializer(StrictModelSerializer):
    """One schedule; error messages are given by field, as in a form."""

    created_by = serializers.CharField(source="created_by.get_username", read_only=True)

    class Meta:
        model = ReportSchedule
        fields = (
            "id", "name", "report_type", "frequency", "day_of_week", "day_of_month", "time",
            "timezone", "cron_expression", "business_days_only", "export_format", "is_active",
            "created_by", "created_at", "last_generated", "last_sent", "next_scheduled",
        )  # fmt: skip
        read_only_fields = ("created_at", "last_generated", "last_sent", "next_scheduled")
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


class UserIdField(IdField):
    """The id of a user who may log in."""

    def get_queryset(self) -> Any:
        """The users of this site."""
        return get_user_model()._default_manager.filter(people.active())


class RecipientSerializer(StrictModelSerializer):
    """One recipient; shows only the user's id, so that trying ids reveals no names."""

    user_id = UserIdField(
        source="user",
        error_messages={
            "does_not_exist": "There is no such user.",
            "incorrect_type": "Enter the ID of a user.",
        },
    )

    class Meta:
        model = ReportScheduleRecipient
        fields = ("id", "user_id", "is_subscribed", "subscribed_at", "unsubscribed_at")
        read_only_fields = ("is_subscribed", "subscribed_at", "unsubscribed_at")


class ExecutionSerializer(StrictModelSerializer):
    """One run with the counts of its e-mails by their current state."""

    status = serializers.CharField(read_only=True)
    total_recipients = serializers.IntegerField(source="total", read_only=True)
    successful_sends = serializers.IntegerField(source="successful", read_only=True)
    failed_sends = serializers.IntegerField(source="failed", read_only=True)
    pending_sends = serializers.IntegerField(source="pending", read_only=True)
    success_rate = serializers.FloatField(read_only=True, help_text="0 to 1")
    duration = serializers.FloatField(read_only=True, help_text="Seconds")

    class Meta:
        model = ReportScheduleExecution
        fields = (
            "id", "status", "trigger", "requested_by", "due", "started_at", "finished_at",
            "duration", "rows", "total_recipients", "successful_sends", "failed_sends",
            "pending_sends", "success_rate", "error",
        )  # fmt: skip


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


class UnsubscribeSerializer(serializers.Serializer[Any]):
    """Either the token of an e-mail, or the schedule of one of the user's own subscriptions."""

    token = serializers.CharField(required=False)
    schedule_id = WholeNumberField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of both."""
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either token or schedule_id.")
        return attrs


class DetailSerializer(serializers.Serializer[Any]):
    """A sentence."""

    detail = serializers.CharField()


class TestEmailSerializer(DetailSerializer):
    """The test's execution."""

    execution_id = serializers.IntegerField()
