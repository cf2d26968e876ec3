"""A challenge of the site's own choice, such as a captcha, before a submission is stored."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string

from postroom.shared.telemetry.logs import logger

log = logger(__name__)

_UNCHECKED = "We could not check that you are a person. Nothing was stored; please try again later."


def check_challenge(request: HttpRequest, page: str, posted: Mapping[str, Any]) -> None:
    """Call SUBMISSION_CHALLENGE, if it is set: `challenge(request, page, posted) -> str`.

    `page` is the form's name, such as `inquiry`; `posted` everything that was sent, also what is no
    field of the form. It returns '' if the challenge was met, else a sentence for the sender.

    Raises:
        ValidationError: the challenge was not met, or could not be checked: nothing is stored.
    """
    if not settings.SUBMISSION_CHALLENGE:
        return
    try:
        refusal = import_string(settings.SUBMISSION_CHALLENGE)(request, page, posted)
    except Exception:
        log.exception("submission_challenge_failed", form=page)
        refusal = _UNCHECKED
    if refusal:
        raise ValidationError({NON_FIELD_ERRORS: str(refusal)})
