"""Accepts one valid submission, from a page or the API, unless a robot sent it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.utils.translation import get_language_from_request

from postroom.shared.telemetry.logs import logger
from postroom.web.systems.submissions.forms import HONEYPOT
from postroom.web.systems.submissions.kinds import FormKind
from postroom.web.systems.submissions.protection.challenge import check_challenge
from postroom.web.systems.submissions.protection.client import client_hash

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The response to the sender."""

    id: int
    reference: str


def take(
    kind: FormKind, fields: Mapping[str, Any], request: HttpRequest, posted: Mapping[str, Any]
) -> Receipt:
    """Store a submission whose fields are valid; `posted` is everything that was sent.

    An equal one within the hour is answered as the first was, and causes no second e-mail.

    Raises:
        TooManySubmissionsError: nothing was stored; the error says when to try again.
    """
    values = dict(fields)
    if values.pop(HONEYPOT, ""):
        # The response is the same as for people, so that robots learn nothing.
        log.warning("robot_submission_dropped", form=kind.page)
        number = _next_number(kind)
        return Receipt(number, f"{kind.model.PREFIX}-{number}")
    check_challenge(request, kind.page, posted)
    language = get_language_from_request(request)
    record = kind.submit(client=client_hash(request), language=language, **values)
    log.info("submission_stored", form=kind.page, reference=record.reference)
    return Receipt(record.pk, record.reference)


def _next_number(kind: FormKind) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [kind.model._meta.db_table]
        )
        return int(cursor.fetchone()[0])
