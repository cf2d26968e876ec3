"""`/api/reports/schedules/`: schedules, their recipients, history, test e-mails, subscriptions."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from postroom.web.api.rules import OwnRules
from postroom.web.people import address_of
from postroom.web.protection.throttles import CountedThrottle
from postroom.web.reporting import invitations, manual_runs, subscriptions
from postroom.web.reporting.api import access
from postroom.web.reporting.api import serializers as shapes
from postroom.web.reporting.api.execution_shapes import ExecutionsSerializer
from postroom.web.reporting.errors import RecipientError, TestNotSentError
from postroom.web.reporting.models import (
    ReportSchedule,
    ReportScheduleExecution,
    ReportScheduleRecipient,
)

_MOST_EXECUTIONS = 100
_ASKED = "They have unsubscribed: they are asked by e-mail whether they want it again."
_ASKED_BEFORE = "They have unsubscribed, and were asked by e-mail this month whether they want it."


class TestEmailThrottle(CountedThrottle):
    """A test is limited: it builds a report while its user waits."""

    purpose = "reports_test_email"
    limit = 20


class TokenThrottle(CountedThrottle):
    """Unsubscribing needs no login, so it is limited per client."""

    purpose = "reports_unsubscribe"
    limit = 60


class ReportScheduleViewSet(OwnRules, viewsets.ModelViewSet[ReportSchedule]):
    """A user's own schedules; all schedules for users who may view all in the admin."""

    serializer_class = shapes.DetailedScheduleSerializer
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    lookup_value_regex = "[0-9]{1,18}"

    def get_serializer_class(self) -> Any:
        """A list has no recipients and no history."""
        return shapes.ScheduleSerializer if self.action == "list" else self.serializer_class

    def get_queryset(self) -> QuerySet[ReportSchedule]:
        """Schedules that the user may not see are not found: 404, not 403."""
        return access.visible(self.request.user)

    def check_permissions(self, request: Request) -> None:
        """Check the permission for a new schedule before its fields."""
        super().check_permissions(request)
        if self.action == "create":
            access.demand(request.user, "create")

    def check_object_permissions(self, request: Request, obj: ReportSchedule) -> None:
        """403 for a schedule that the user may see but not change."""
        super().check_object_permissions(request, obj)
        access.demand(request.user, self.action, obj)

    def get_throttles(self) -> list[BaseThrottle]:
        """The rule of all endpoints, and one more for test e-mails and unsubscribing."""
        extra: dict[str, BaseThrottle] = {
            "test_email": TestEmailThrottle(),
            "unsubscribe": TokenThrottle(),
        }
        return [*super().get_throttles(), *([extra[self.action]] if self.action in extra else [])]

    def perform_create(self, serializer: Any) -> None:
        """The user who creates a schedule owns it."""
        serializer.save(created_by=self.request.user)

    @extend_schema(responses={200: shapes.RecipientSerializer(many=True)})
    @action(detail=True, methods=["get"])
    def recipients(self, request: Request, pk: str) -> Response:
        """All recipients, those who have unsubscribed too."""
        rows: Any = self.get_object().recipients.select_related("user").order_by("pk")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.RecipientSerializer(page, many=True).data)

    @extend_schema(
        request=shapes.NewRecipientSerializer,
        responses={201: shapes.RecipientSerializer, 202: shapes.DetailSerializer},
    )
    @recipients.mapping.post
    def add_recipient(self, request: Request, pk: str) -> Response:
        """Make a user a recipient. 202: they have unsubscribed and are asked by e-mail."""
        schedule = self.get_object()
        sent: Any = request.data if isinstance(request.data, dict) else {}
        # Each id, before one is looked up.
        for name in {"user_id", "recipient_id"} & {*sent} or {"recipient_id"}:
            access.demand_recipient(request.user, sent.get(name))
        serializer = shapes.NewRecipientSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        ((field, user),) = serializer.validated_data.items()
        mine = user.pk == request.user.pk
        try:
            if not mine and subscriptions.has_left(schedule, user):
                asked = invitations.invite(schedule, user, request.user, timezone.now())
                return Response({"detail": _ASKED if asked else _ASKED_BEFORE}, status=202)
            recipient = (subscriptions.join if mine else subscriptions.add)(schedule, user)
        except RecipientError as error:
            raise ValidationError({field: [str(error)]}) from error
        recipient.refresh_from_db()
        return Response(shapes.RecipientSerializer(recipient).data, status=201)

    @extend_schema(
        parameters=[OpenApiParameter("recipient_id", int, required=True)], responses={204: None}
    )
    @action(detail=True, methods=["delete"])
    def remove_recipient(self, request: Request, pk: str) -> Response:
        """Remove a recipient, by the user's id, from the schedule."""
        schedule = self.get_object()
        number = _number(request, "recipient_id")
        if number is None:
            raise ValidationError({"recipient_id": ["This parameter is required."]})
        get_object_or_404(schedule.recipients, user_id=number).delete()
        return Response(status=204)

    @extend_schema(
        request=shapes.TestRequestSerializer, responses={202: shapes.TestEmailSerializer}
    )
    @action(detail=True, methods=["post"])
    def test_email(self, request: Request, pk: str) -> Response:
        """Send the report, at most its first 200 rows, as a test to one address alone: the
        requesting user's, or the one in the request."""
        user: Any = request.user
        schedule = self.get_object()
        serializer = shapes.TestRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        to = serializer.validated_data.get("recipient_email") or address_of(user)
        access.demand_address(user, to)
        try:
            execution = manual_runs.send_test(schedule, user, timezone.now(), to=to)
        except TestNotSentError as error:
            raise ValidationError({"detail": str(error)}) from error
        answer = {"detail": f"A test is on its way to {to}.", "execution_id": execution.pk}
        return Response(answer | {"task_id": execution.deliveries.get().email_id}, status=202)

    @extend_schema(
        parameters=[OpenApiParameter("limit", int, description="1 to 100; default 20")],
        responses=ExecutionsSerializer,
    )
    @action(detail=True, pagination_class=None)
    def executions(self, request: Request, pk: str) -> Response:
        """The newest runs of a schedule, and how many there are."""
        limit = _number(request, "limit")
        if limit == 0:
            raise ValidationError({"limit": ["Enter a number from 1 to 100."]})
        schedule = self.get_object()
        rows = ReportScheduleExecution.objects.filter(schedule=schedule)
        newest = rows.with_outcome().order_by("-pk")[: min(limit or 20, _MOST_EXECUTIONS)]
        found = {"count": rows.count(), "results": newest}
        shown = {"names": access.sees_recipients(request.user, schedule)}
        return Response(ExecutionsSerializer(found, context=shown).data)

    @extend_schema(responses=shapes.SubscriptionSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def my_subscriptions(self, request: Request) -> Response:
        """The subscriptions of the requesting user."""
        user: Any = request.user
        rows = ReportScheduleRecipient.objects.filter(user=user)
        rows = rows.select_related("schedule").order_by("pk")
        return Response(shapes.SubscriptionSerializer(rows, many=True).data)

    @extend_schema(request=shapes.UnsubscribeSerializer, responses={200: shapes.DetailSerializer})
    @action(detail=False, methods=["post"], permission_classes=(AllowAny,))
    def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe by the token of an e-mail, without login, or from one's own subscription."""
        serializer = shapes.UnsubscribeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        if token := given.get("token") or given.get("unsubscribe_token"):
            recipient = subscriptions.by_token(token)
        else:
            number = given["schedule_id"]
            own = ReportScheduleRecipient.objects.select_related("schedule", "user")
            recipient = own.filter(schedule_id=number, user_id=request.user.pk or 0).first()
        if recipient is None:
            raise NotFound
        subscriptions.unsubscribe(recipient)
        return Response({"detail": f"Unsubscribed from {recipient.schedule.name}."})


def _number(request: Request, name: str) -> int | None:
    """A query parameter that is a number; None if it is missing."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValidationError({name: ["Enter a whole number."]})
    return int(text)
