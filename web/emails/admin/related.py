"""The record an e-mail is about, with a link to its page in the admin."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest
from django.urls import reverse

from postroom.web.emails.models import EmailQueue


@dataclass(frozen=True, slots=True)
class Related:
    """What the e-mail's page shows: a text, and the URL of the record's page if there is one."""

    text: str
    address: str = ""


def related_record(email: EmailQueue, request: HttpRequest, site: AdminSite) -> Related | None:
    """The record that `related_model_id` of `email` names; None if that is empty.

    `event_registration:7` of the app `submissions` is row 7 of its model EventRegistration, and
    `nomination:7` is row 7 of AwardNomination, the only model whose name ends in this way. A link
    needs the row, its page in the admin and permission to view it; without one of these the page
    shows the bare text, which does not reveal whether such a row exists.
    """
    text = email.related_model_id
    if not text:
        return None
    name, _, key = text.rpartition(":")
    row = _row(email.source_app, name.replace("_", ""), key)
    model_admin = site._registry.get(type(row)) if row is not None else None
    if model_admin is None or not model_admin.has_view_permission(request, row):
        return Related(text)
    options = type(row)._meta
    page = f"{site.name}:{options.app_label}_{options.model_name}_change"
    return Related(f"{options.verbose_name} {row}", reverse(page, args=(row.pk,)))


def _row(app_label: str, name: str, key: str) -> Any:
    model = _model(app_label, name.lower())
    if model is None:
        return None
    try:
        return model._default_manager.filter(pk=key).first()
    except (ValueError, OverflowError, ValidationError, DataError):
        return None  # not a key of this model


def _model(app_label: str, name: str) -> Any:
    # `source_app` of the systems here lacks the prefix of their app labels.
    labels = (app_label, f"postroom_{app_label}")
    label = next((one for one in labels if one in apps.app_configs), None)
    if label is None:
        return None
    models = {str(m._meta.model_name): m for m in apps.get_app_config(label).get_models()}
    ending = [model for other, model in models.items() if name and other.endswith(name)]
    return models.get(name) or (ending[0] if len(ending) == 1 else None)
