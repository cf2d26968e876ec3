"""Runs jobs through their commands on a day of the test's choice, and looks at what they left."""

from datetime import UTC, date, datetime, time
from io import StringIO

from django.apps import apps
from django.core.management import call_command

from postroom.web.emails.models import EmailQueue

TODAY = date(2026, 11, 22)


def run_job(name: str, *arguments: str, today: date = TODAY) -> str:
    """What `manage.py NAME` prints at noon UTC of `today`."""
    out = StringIO()
    now = datetime.combine(today, time(12), UTC)
    call_command(name, *arguments, now=now, stdout=out)
    return out.getvalue()


def queued(email_type: str = "") -> list[EmailQueue]:
    """The e-mails queued so far, oldest first."""
    emails = EmailQueue.objects.order_by("id")
    return list(emails.filter(email_type=email_type) if email_type else emails)


def recipients(email: EmailQueue, kind: str = "to") -> list[str]:
    """Its addresses of one kind, sorted."""
    found = email.recipients.filter(kind=kind)
    return sorted(found.values_list("address", flat=True))


def table_counts() -> dict[str, int]:
    """How many rows each table has."""
    return {model._meta.db_table: model._default_manager.count() for model in apps.get_models()}
