"""The e-mail of a report: summary, file, and how to unsubscribe (RFC 2369, RFC 8058)."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.translation import pgettext

from postroom.web.conf import conf
from postroom.web.dates import number
from postroom.web.emails.lists.headers import ONE_CLICK, header_link
from postroom.web.letter_words import answers, language_for, written_for
from postroom.web.people import address_of, name_of
from postroom.web.reporting import subscriptions
from postroom.web.reporting.models import ReportScheduleExecution, ReportScheduleRecipient
from postroom.web.reporting.report import Report

File = tuple[str, bytes, str]


def scheduled(
    execution: ReportScheduleExecution,
    recipient: ReportScheduleRecipient,
    report: Report,
    file: File,
) -> dict[str, Any]:
    """Arguments of `send_email_task` for one subscribed recipient."""
    link = unsubscribe_link(recipient)
    return {
        **_mail(execution, address_of(recipient.user), file),
        "context": _context(execution, report, file, unsubscribe_url=link),
        "headers": _unsubscribe_fields(link),
        "list_id": execution.schedule.list_id,
        "idempotency_key": f"reports:{execution.pk}:{recipient.pk}",
    }


def test(
    execution: ReportScheduleExecution, address: str, report: Report, file: File
) -> dict[str, Any]:
    """Arguments of `send_email_task` for a test, which has no subscription to leave."""
    return {
        **_mail(execution, address, file),
        "email_type": "reports.test",
        "context": _context(execution, report, file, unsubscribe_url=""),
        "tags": ["test"],
        "idempotency_key": f"reports:{execution.pk}:test",
    }


def invitation(recipient: ReportScheduleRecipient, asked_by: Any, now: datetime) -> dict[str, Any]:
    """Arguments of `send_email_task` for the question to one who has unsubscribed; once a month.

    Raises:
        ImproperlyConfigured: SITE_URL is not set.
    """
    about = f"reports:invitation:{recipient.schedule_id}"
    return {
        "email_type": "reports.invitation",
        "subject": "",
        "language": language_for("reports/invitation"),
        **answers(),
        "recipients": [address_of(recipient.user)],
        "template_path": "reports/invitation",
        "context": {
            "site_name": conf.site_name,
            "schedule": recipient.schedule.name,
            "asked_by": name_of(asked_by),
            "subscribe_url": unsubscribe_link(recipient),
            "can_reply": bool(answers()),
        },
        "source_app": "reports",
        "related_model_id": f"schedule:{recipient.schedule_id}",
        # Not the recipient's row, which can be removed and made again.
        "idempotency_key": f"{about}:{recipient.user.pk}:{now:%Y-%m}",
    }


def unsubscribe_link(recipient: ReportScheduleRecipient) -> str:
    """The URL of the recipient's unsubscribe page; its token alone gives access.

    Raises:
        ImproperlyConfigured: SITE_URL is not set, or the site has no unsubscribe page: recipients
            could not unsubscribe, so nothing is sent.
    """
    if not conf.site_url:
        raise ImproperlyConfigured(
            "SITE_URL is not set: set it to the URL of this site, for example "
            "https://postroom.example.org, so that they can unsubscribe"
        )
    try:
        path = reverse("postroom_reporting:unsubscribe", args=[subscriptions.token_of(recipient)])
    except NoReverseMatch as error:
        raise ImproperlyConfigured(
            "the site's urlpatterns do not include the unsubscribe page: add "
            'path("", include("postroom.web.reporting.urls"))'
        ) from error
    return f"{conf.site_url}{path}"


def _unsubscribe_fields(link: str) -> dict[str, str]:
    """RFC 8058 section 3.1: only the https URL, and the field that announces one click.

    Nothing for a link that fits no line: then the queue adds its own page for `list_id`, or logs
    that it cannot.
    """
    field = header_link(link)
    return {"List-Unsubscribe": f"<{field}>", "List-Unsubscribe-Post": ONE_CLICK} if field else {}


def _mail(execution: ReportScheduleExecution, address: str, file: File) -> dict[str, Any]:
    return {
        "email_type": "reports.scheduled",
        "subject": "",
        "recipients": [address],
        "template_path": "reports/scheduled",
        "language": language_for("reports/scheduled"),
        **answers(),
        "attachments": [file],
        "source_app": "reports",
        "related_model_id": f"execution:{execution.pk}",
    }


@written_for("reports/scheduled")
def _context(
    execution: ReportScheduleExecution, report: Report, file: File, *, unsubscribe_url: str
) -> dict[str, Any]:
    return {
        "site_name": conf.site_name,
        "schedule": execution.schedule.name,
        "asked_by": execution.requested_by,
        # The catalogue of the type's app may have it, in the context "report".
        "title": pgettext("report", report.title),
        "period": report.period,
        "rows": report.count,
        "rows_in_words": number(report.count),
        "file_name": file[0],
        "summary": report.summary.as_json(),
        "is_test": not unsubscribe_url,
        "can_reply": bool(answers()),
        "unsubscribe_url": unsubscribe_url,
    }
