"""Records what a person did in the console, in the admin's log, where the site has one."""

from typing import Any, Literal

from django.apps import apps
from django.db.models import QuerySet
from django.http import HttpRequest

Kind = Literal["ADDITION", "CHANGE", "DELETION"]


def record(request: HttpRequest, rows: QuerySet[Any], message: str, kind: Kind = "CHANGE") -> None:
    """One entry for each of `rows`, with the person and the time."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin import models

    models.LogEntry.objects.log_actions(
        user_id=str(request.user.pk),
        queryset=rows,
        action_flag=getattr(models, kind),
        change_message=message,
    )
