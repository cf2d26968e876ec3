"""The record an e-mail is about, with a link to its page in the admin."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating.about import record_of


@dataclass(frozen=True, slots=True)
class Related:
    """What the e-mail's page shows: a text, and the URL of the record's page if there is one."""

    text: str
    address: str = ""


def related_record(email: EmailQueue, request: HttpRequest, site: AdminSite) -> Related | None:
    """The record that `related_model_id` of `email` names; None if that is empty.

    A link needs the row, its page in the admin and permission to view it; without one of these the
    page shows the bare text, which does not reveal whether such a row exists.
    """
    if not email.related_model_id:
        return None
    return _linked(record_of(email), request, site) or Related(email.related_model_id)


def related_run(email: EmailQueue, request: HttpRequest, site: AdminSite) -> Related | None:
    """The run of the job that queued it; None if no job did."""
    if email.task_run is None:
        return None
    text = f"{email.task_name}, run #{email.task_run}"
    if not apps.is_installed("postroom.web.jobs"):
        return Related(text)
    run = apps.get_model("postroom_jobs", "JobRun")._default_manager.filter(pk=email.task_run)
    found = _linked(run.first(), request, site)
    return Related(text, found.address if found else "")


def _linked(row: Any, request: HttpRequest, site: AdminSite) -> Related | None:
    model_admin = site._registry.get(type(row)) if row is not None else None
    if model_admin is None or not model_admin.has_view_permission(request, row):
        return None
    options = type(row)._meta
    page = f"{site.name}:{options.app_label}_{options.model_name}_change"
    return Related(f"{options.verbose_name} {row}", reverse(page, args=(row.pk,)))
