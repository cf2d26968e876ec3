"""One function per form: stores the record and queues confirmation and staff notice, together.

Every function raises TooManySubmissionsError; then nothing is stored and nothing is sent. E-mails
that cannot be queued are no reason to refuse a submission: it is stored and marked.
"""

import hashlib
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from postroom.web.systems.submissions.file_names import safe_file_name
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
    Submission,
)
from postroom.web.systems.submissions.protection.client import address_hash
from postroom.web.systems.submissions.protection.throttle import (
    check_limits,
    equal_submission,
    wait_for_mailbox,
)
from postroom.web.systems.submissions.queueing import queue_new

_Record = TypeVar("_Record", bound=Submission)


def submit_inquiry(*, client: str, **fields: Any) -> Inquiry:
    """Store a question to the office."""
    return _store(Inquiry(client_hash=client, **fields))


def submit_event_registration(*, client: str, **fields: Any) -> EventRegistration:
    """Store a registration for seats at an event."""
    return _store(EventRegistration(client_hash=client, **fields))


def submit_nomination(*, client: str, **fields: Any) -> AwardNomination:
    """Store a nomination for an award."""
    return _store(AwardNomination(client_hash=client, **fields))


def submit_talk(*, client: str, file: "UploadedFile[bytes]", **fields: Any) -> SpeakerSubmission:
    """Store a talk with its PDF; the file is sent to the staff only, never to a typed address."""
    file.seek(0)
    content = file.read()
    record = SpeakerSubmission(
        client_hash=client,
        file_name=safe_file_name(file.name or ""),
        file_size=len(content),
        file_sha256=hashlib.sha256(content).hexdigest(),
        file_content=content,
        **fields,
    )
    return _store(record)


def _store(record: _Record) -> _Record:
    """Store the record and queue its e-mails, together; or find the equal one of this hour.

    People press a button twice, and robots send the same again and again: one answer, one e-mail.
    """
    for column in record._meta.fields:
        if isinstance(column, models.TextField):
            lines = getattr(record, column.attname).splitlines()
            setattr(record, column.attname, "\n".join(lines))  # browsers send CR LF
    record.address_hash = address_hash(record.email)
    with transaction.atomic():
        wait_for_mailbox(record)
        if equal := equal_submission(record):
            return equal
        check_limits(record)
        record.save(force_insert=True)
        queue_new(record)
    return record
