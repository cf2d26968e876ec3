"""A schedule's runs as the reports' API shows them."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from postroom.web.api.strict import StrictModelSerializer
from postroom.web.reporting.api import access
from postroom.web.reporting.models import ReportScheduleExecution

MAY_BE_NULL: Final = f"null for schedules of others, without {access.SEE_RECIPIENTS}"


class ExecutionSerializer(StrictModelSerializer):
    """One run with the counts of its e-mails by their current state."""

    # Its context has `names`: whether the reader may know the recipients, whom the remarks name.

    status = serializers.CharField(read_only=True)
    total_recipients = serializers.IntegerField(source="total", read_only=True)
    successful_sends = serializers.IntegerField(source="successful", read_only=True)
    failed_sends = serializers.IntegerField(source="failed", read_only=True)
    pending_sends = serializers.IntegerField(source="pending", read_only=True)
    unsubscribed = serializers.IntegerField(
        source="left", read_only=True, help_text="Unsubscribed before theirs was sent; not counted"
    )
    success_rate_percent = serializers.SerializerMethodField()
    remarks = serializers.SerializerMethodField()
    duration_seconds = serializers.FloatField(source="duration", read_only=True)

    class Meta:
        model = ReportScheduleExecution
        fields = (
            "id", "status", "trigger", "requested_by", "due", "started_at", "finished_at",
            "duration_seconds", "rows", "total_recipients", "successful_sends", "failed_sends",
            "pending_sends", "unsubscribed", "success_rate_percent", "error", "remarks",
        )  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True, help_text=MAY_BE_NULL))
    def get_remarks(self, execution: ReportScheduleExecution) -> str | None:
        return execution.remarks if self.context["names"] else None

    def get_success_rate_percent(self, execution: Any) -> float | None:
        rate: float | None = execution.success_rate
        return None if rate is None else round(100 * rate, 1)


class ExecutionsSerializer(serializers.Serializer[Any]):
    """The newest runs, and how many there are."""

    count = serializers.IntegerField()
    results = ExecutionSerializer(many=True)
