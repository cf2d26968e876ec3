"""The console's pages of report executions: each run of each schedule, and its e-mails.

The console imports this module where a site has both parts.
"""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path

from postroom.web.console import listing
from postroom.web.console.access import SEE, page
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.console.registry import Section, register
from postroom.web.people import account_field
from postroom.web.reporting.models import ReportScheduleExecution
from postroom.web.reporting.models.execution import SENT

_SEE: Final = "postroom_reporting.view_reportscheduleexecution"
_COLOURS: Final = {"started": "info", "completed": "good", "partial": "warn", "failed": "bad"}
_MOST_EMAILS: Final = 200


@page(_SEE)
def executions(request: HttpRequest) -> HttpResponse:
    """Every run of every schedule, newest first."""
    past = request.GET.get("past", "")
    if past and not (past.isascii() and past.isdigit() and len(past) < 19):
        raise NonsenseError("'past' is the number of an execution.")
    keys = ReportScheduleExecution.objects.order_by("-pk").values_list("pk", flat=True)
    found = list((keys.filter(pk__lt=int(past)) if past else keys)[: listing.ROWS + 1])
    # Counted for the rows of the page only.
    rows = ReportScheduleExecution.objects.filter(pk__in=found[: listing.ROWS]).with_outcome()
    more = len(found) > listing.ROWS
    context = {
        "title": "Reports",
        "section": "reports",
        "rows": [_shown(row) for row in rows.select_related("schedule").order_by("-pk")],
        "further": listing.link({}, past=str(found[-2])) if more else "",
    }
    return render(request, "postroom_reporting/console/executions.html", context)


@page(_SEE)
def execution(request: HttpRequest, execution_id: int) -> HttpResponse:
    """One run: how many of its e-mails were sent, and which were not."""
    rows = ReportScheduleExecution.objects.with_outcome().select_related("schedule")
    row = rows.filter(pk=execution_id).first() if execution_id < 2**63 else None
    if row is None:
        raise Http404(f"There is no execution #{execution_id}.")
    unsent = row.deliveries.filter(email__status__isnull=False).exclude(email__status__in=SENT)
    about = unsent.values_list(
        "email_id", account_field("recipient__user"), "email__status", "email__last_error"
    )
    context = {
        "title": f"{row.schedule}: execution #{row.pk}",
        "section": "reports",
        "unsent": list(about.order_by("pk")[:_MOST_EMAILS]),
        "can_see_emails": request.user.has_perm(SEE),
        **_shown(row),
    }
    return render(request, "postroom_reporting/console/execution.html", context)


def _shown(row: Any) -> dict[str, Any]:
    rate = None if row.success_rate is None else f"{row.success_rate:.0%}"
    return {"row": row, "colour": _COLOURS[row.status], "rate": rate}


register(
    Section(
        "reports",
        "Reports",
        75,
        _SEE,
        (
            path("reports/", executions, name="reports"),
            path("reports/<int:execution_id>/", execution, name="report"),
        ),
        key="r",
    )
)
