"""Reads django-mailer's queue and log (2.3 and later)."""

from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from typing import Any, Final, NamedTuple

from postroom.shared.status import Priority, Status
from postroom.web.emails.attachment import Attachment
from postroom.web.importing.headers import split_headers
from postroom.web.importing.old_mail import OldAttempt, OldMail, OldRow, UnreadableMailError, moment
from postroom.web.importing.parts import File, file_of_message_part
from postroom.web.importing.pickled import PickledMail, PickledPart, attributes, read_pickled
from postroom.web.importing.source import Source

MESSAGES: Final = "mailer_message"
LOG: Final = "mailer_messagelog"
DONT_SEND: Final = "mailer_dontsendentry"
IMPORTED: Final = "mailer_message_imported"
TABLES: Final = (MESSAGES, LOG, DONT_SEND)
_DEFERRED: Final = 4
_PRIORITIES: Final = {1: Priority.HIGH, 2: Priority.NORMAL, 3: Priority.BULK}

_PAGE: Final = f"""
SELECT id, octet_length(message_data) AS size FROM {MESSAGES}
WHERE id > %(after)s ORDER BY id LIMIT %(rows)s
"""
# A failed attempt is found by the message's time: the log has no id of the message.
_ROWS: Final = f"""
SELECT e.*, e.when_added AS created, l.tries FROM {MESSAGES} e
CROSS JOIN LATERAL (
  SELECT jsonb_agg(jsonb_build_array(when_attempted, log_message) ORDER BY id) AS tries FROM (
    SELECT id, when_attempted, log_message FROM {LOG}
    WHERE when_added = e.when_added AND result = '3' ORDER BY id DESC LIMIT 20) n) l
WHERE e.id = ANY(%(ids)s)
"""
_SENT_PAGE: Final = f"""
SELECT id, coalesce(octet_length(message_data), 0) AS size FROM {LOG}
WHERE id > %(after)s AND result IN ('1', '2') ORDER BY id LIMIT %(rows)s
"""
_SENT_ROWS: Final = f"""
SELECT e.*, e.when_added AS created FROM {LOG} e WHERE e.id = ANY(%(ids)s)
"""
_MOVE: Final = f"""
WITH gone AS (DELETE FROM {MESSAGES} WHERE id = ANY(%s) RETURNING *)
INSERT INTO {IMPORTED} SELECT * FROM gone
"""


class Messages:
    """Table mailer_message: e-mails that wait, and those deferred after a failure."""

    name = "django_mailer"
    table = MESSAGES

    def __init__(self, source: Source, *, key: str) -> None:
        self.key = key
        self._source = source

    def pages(self) -> Iterator[list[OldRow]]:
        """The rows in the order of their ids."""
        return self._source.pages(_PAGE, _ROWS, {})

    def mark(self, ids: Sequence[int]) -> None:
        """Move imported rows to a table that django-mailer does not read."""
        self._source.execute(
            f"CREATE TABLE IF NOT EXISTS {IMPORTED} (LIKE {MESSAGES} INCLUDING DEFAULTS)"
        )
        self._source.execute(_MOVE, (list(ids),))

    def read(self, row: OldRow) -> OldMail:
        """The e-mail of a row; a deferred one becomes `failed`, so that it can be requeued.

        Raises:
            UnreadableMailError: its pickle holds no e-mail, or one that Postroom cannot send.
        """
        tries = [
            OldAttempt(moment(at) or row.created, error) for at, error in row.values["tries"] or ()
        ]
        deferred = row.values["priority"] == _DEFERRED
        call, message_id = content(read_pickled(row.values["message_data"]), with_files=True)
        call["priority"] = _PRIORITIES.get(row.values["priority"], Priority.NORMAL).value
        error = tries[-1].error if tries else "deferred by django-mailer, which did not log why"
        return OldMail(
            status=Status.FAILED if deferred else Status.PENDING,
            call=call,
            message_id=message_id,
            error=error if deferred else "",
            attempts=tries,
        )


class SentMessages:
    """Table mailer_messagelog: e-mails sent, and those stopped by the don't-send list."""

    name = "django_mailer"
    table = LOG

    def __init__(self, source: Source, *, key: str) -> None:
        self.key = f"{key}:log"
        self._source = source

    def pages(self) -> Iterator[list[OldRow]]:
        """The rows in the order of their ids."""
        return self._source.pages(_SENT_PAGE, _SENT_ROWS, {})

    def mark(self, ids: Sequence[int]) -> None:
        """Nothing: no process sends from the log."""

    def read(self, row: OldRow) -> OldMail:
        """The e-mail of a row, without its files.

        Raises:
            UnreadableMailError: the log has no content, or content that is not an e-mail.
        """
        if not row.values["message_data"]:
            raise UnreadableMailError("the log has no content (MAILER_EMAIL_LOG_MESSAGE_DATA)")
        call, message_id = content(read_pickled(row.values["message_data"]), with_files=False)
        at = moment(row.values["when_attempted"]) or row.created
        sent = row.values["result"] == "1"
        return OldMail(
            status=Status.COMPLETED if sent else Status.SUPPRESSED,
            call=call,
            message_id=row.values["message_id"] or message_id,
            error="" if sent else "on django-mailer's don't-send list",
            sent_at=at if sent else None,
            attempts=[OldAttempt(at, "")] if sent else (),
        )


def content(pickled: PickledMail, *, with_files: bool) -> tuple[dict[str, Any], str]:
    """Arguments of `send_email_task`, and the Message-ID if there is one.

    Raises:
        UnreadableMailError: a part of it cannot be sent, or is damaged.
    """
    try:
        return _content(pickled, with_files=with_files)
    except UnreadableMailError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise UnreadableMailError(f"its e-mail is damaged: {error}") from error


def _content(pickled: PickledMail, *, with_files: bool) -> tuple[dict[str, Any], str]:
    old = attributes(pickled)
    headers = split_headers(old.get("extra_headers") or {})
    bodies = _bodies(old)
    call: dict[str, Any] = {
        "email_type": Messages.name,
        "subject": str(old.get("subject") or ""),
        "recipients": _texts(old.get("to")),
        "cc": _texts(old.get("cc")),
        "bcc": _texts(old.get("bcc")),
        "from_email": headers.from_email or str(old.get("from_email") or ""),
        "reply_to": headers.reply_to or _texts(old.get("reply_to")),
        "headers": headers.others,
        "plain_body": bodies.text,
        "html_body": bodies.html,
    }
    if with_files:
        files = [_file(one, bodies.html) for one in old.get("attachments") or ()]
        call["attachments"] = [*bodies.others, *files]
    return call, headers.message_id


class _Bodies(NamedTuple):
    text: str
    html: str
    others: list[Attachment]


def _bodies(old: Mapping[str, Any]) -> _Bodies:
    """Text, HTML, and the other forms of the body, such as a calendar."""
    body = str(old.get("body") or "")
    text, html = ("", body) if old.get("content_subtype") == "html" else (body, "")
    others = []
    for content, mimetype in old.get("alternatives") or ():
        kind = str(mimetype).partition(";")[0].strip().lower()
        if kind == "text/html" and not html:
            html = str(content)
        elif kind == "text/plain" and not text:
            text = str(content)
        else:
            others.append(Attachment("", content, str(mimetype), disposition="alternative"))
    return _Bodies(text or ("" if html else "\n"), html, others)


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values or ()]


def _file(attachment: Any, html: str) -> File:
    if isinstance(attachment, PickledPart):
        part = Message()
        # Only headers and payload: the rest of a pickled state is not used.
        for name, value in vars(attachment).get("_headers", ()):
            part[str(name)] = str(value)
        payload = vars(attachment).get("_payload")
        part.set_payload(payload if isinstance(payload, str) else [])
        return file_of_message_part(part, html)
    if not isinstance(attachment, tuple) or len(attachment) != 3:
        raise UnreadableMailError(
            "has an attachment that is neither a MIME part nor (name, content, type)"
        )
    name, content, mimetype = attachment
    if isinstance(content, str):
        content = content.encode()
    if not isinstance(content, bytes):
        raise UnreadableMailError(
            f"its file {str(name)!r} is a {type(content).__name__}, not bytes"
        )
    return str(name or "attachment"), content, str(mimetype or "")
