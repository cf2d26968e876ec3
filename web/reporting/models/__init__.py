"""The tables of report schedules."""

from postroom.web.reporting.models.execution import ReportDelivery, ReportScheduleExecution
from postroom.web.reporting.models.recipient import (
    ReportScheduleRecipient,
    ReportUnsubscription,
)
from postroom.web.reporting.models.schedule import ReportSchedule

__all__ = [
    "ReportDelivery",
    "ReportSchedule",
    "ReportScheduleExecution",
    "ReportScheduleRecipient",
    "ReportUnsubscription",
]
