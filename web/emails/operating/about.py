"""Which record an e-mail is about, and which e-mails are about a record.

`related_model_id` is `event_registration:7`: a name for the model, and the key. The name is the
model's, with or without underscores, or the end of it that no other model of the app has:
`nomination` for AwardNomination.
"""

import re
from typing import Any, Final

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import Model

from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import search

# `source_app` of the systems here lacks the prefix of their app labels.
_PREFIX: Final = "postroom_"


def record_of(email: EmailQueue) -> Any:
    """The row that `related_model_id` names; None if there is none, or the text names no model."""
    name, _, key = email.related_model_id.rpartition(":")
    model = model_named(email.source_app, name.replace("_", "").lower())
    if model is None:
        return None
    try:
        return model._default_manager.filter(pk=key).first()
    except (ValueError, OverflowError, ValidationError, DataError):
        return None  # not a key of this model


def model_named(source: str, name: str) -> Any:
    """The model of the app `source` that `name`, in small letters, is short for; or None."""
    label = next((one for one in _labels(source) if one in apps.app_configs), None)
    if label is None:
        return None
    models = {str(m._meta.model_name): m for m in apps.get_app_config(label).get_models()}
    ending = [model for other, model in models.items() if name and other.endswith(name)]
    return models.get(name) or (ending[0] if len(ending) == 1 else None)


def emails_about(record: Model, limit: int) -> list[EmailQueue]:
    """The newest e-mails about `record`, without their content."""
    ids = search.of_records(_sources(record), _names(record))
    rows = EmailQueue.objects.filter(pk__in=ids).order_by("-pk")
    return list(rows.only("pk", "email_type", "status", "created_at", "related_model_id")[:limit])


def _labels(source: str) -> list[str]:
    named = [c.label for c in apps.get_app_configs() if getattr(c, "email_source", "") == source]
    return [source, f"{_PREFIX}{source}", *named]


def _sources(record: Model) -> list[str]:
    label = record._meta.app_label
    own = getattr(apps.get_app_config(label), "email_source", "")
    return [one for one in {label, label.removeprefix(_PREFIX), own} if one]


def _names(record: Model) -> list[str]:
    """Every way to write it as a `related_model_id`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+", type(record).__name__)
    found = {str(record._meta.model_name)}
    for first in range(len(words)):
        end = [word.lower() for word in words[first:]]
        if model_named(record._meta.app_label, "".join(end)) is type(record):
            found |= {"".join(end), "_".join(end)}
    return [f"{name}:{record.pk}" for name in sorted(found)]
