"""Reads django-post_office's queue (3.9 and later)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.template import Context, Engine, TemplateSyntaxError
from django.utils import timezone

from postroom.shared.status import Priority, Status
from postroom.web.importing.headers import split_headers
from postroom.web.importing.old_mail import OldAttempt, OldMail, OldRow, UnreadableMailError, moment
from postroom.web.importing.parts import File, file_of_part
from postroom.web.importing.source import Source

TABLES: Final = (
    "post_office_email", "post_office_log", "post_office_emailtemplate", "post_office_attachment",
    "post_office_attachment_emails",
)  # fmt: skip
_SENT, _FAILED, _QUEUED, _REQUEUED = range(4)
# Added to the status of an imported row: the old sender selects only 2 and 3.
MARK: Final = 100
_PRIORITIES: Final = (Priority.BULK, Priority.NORMAL, Priority.HIGH, Priority.HIGH)

_PAGE: Final = """
SELECT id, octet_length(message) + octet_length(html_message) AS size FROM post_office_email
WHERE id > %(after)s AND (status IS NULL OR status = ANY(%(states)s)) ORDER BY id LIMIT %(rows)s
"""
_ROWS: Final = """
SELECT e.*, t.name AS template_name, t.subject AS template_subject,
  t.content AS template_content, t.html_content AS template_html, f.files, l.tries
FROM post_office_email e
LEFT JOIN post_office_emailtemplate t ON t.id = e.template_id
CROSS JOIN LATERAL (
  SELECT jsonb_agg(to_jsonb(a) ORDER BY a.id) AS files
  FROM post_office_attachment_emails x JOIN post_office_attachment a ON a.id = x.attachment_id
  WHERE x.email_id = e.id) f
CROSS JOIN LATERAL (
  SELECT jsonb_agg(to_jsonb(n) ORDER BY n.id) AS tries FROM (
    SELECT id, date, status, exception_type, message FROM post_office_log
    WHERE email_id = e.id AND status IN (0, 1) ORDER BY id DESC LIMIT 20) n) l
WHERE e.id = ANY(%(ids)s) AND (e.status IS NULL OR e.status = ANY(%(states)s))
"""
_MARK: Final = """
UPDATE post_office_email SET status = status + %s WHERE id = ANY(%s) AND status IN (2, 3)
"""


class PostOffice:
    """Table post_office_email. `files`: the folder of the old site's uploads (MEDIA_ROOT)."""

    name = "post_office"
    table = "post_office_email"

    def __init__(self, source: Source, *, key: str, files: Path | None, with_sent: bool) -> None:
        self.key = key
        self._source = source
        self._files = files
        self._states = [_FAILED, _QUEUED, _REQUEUED] + [_SENT] * with_sent

    def pages(self) -> Iterator[list[OldRow]]:
        """The rows in the order of their ids."""
        return self._source.pages(_PAGE, _ROWS, {"states": self._states})

    def mark(self, ids: Sequence[int]) -> None:
        """Give queued rows a status that the old sender ignores."""
        self._source.execute(_MARK, (MARK, list(ids)))

    def read(self, row: OldRow) -> OldMail:
        """The e-mail of a row.

        Raises:
            UnreadableMailError: a template, header or file that cannot be imported.
        """
        old = row.values
        tries = [_attempt(log) for log in old["tries"] or ()]
        expires_at = moment(old["expires_at"])
        status = _status(old["status"], expires_at)
        headers = split_headers(old["headers"] or {})
        subject, text, html = _content(old)
        call = {
            "email_type": self.name,
            "subject": subject,
            "recipients": _addresses(old["to"]),
            "cc": _addresses(old["cc"]),
            "bcc": _addresses(old["bcc"]),
            "from_email": headers.from_email or old["from_email"],
            "reply_to": headers.reply_to,
            "headers": headers.others,
            "plain_body": text or ("" if html else "\n"),
            "html_body": html,
            "priority": _PRIORITIES[old["priority"] if old["priority"] is not None else 1].value,
            "tags": [old["template_name"]] if old["template_name"] else [],
            "scheduled_at": _to_come(old["scheduled_time"]),
            "expires_at": expires_at,
        }
        # A sent e-mail is not sent again, so its files are not needed.
        if status != Status.COMPLETED:
            call["attachments"] = [self._file(a, html) for a in old["files"] or ()]
        errors = [attempt.error for attempt in tries if attempt.error]
        return OldMail(
            status=status,
            call=call,
            message_id=old["message_id"] or headers.message_id,
            error=_error(status, errors),
            sent_at=moment(old["last_updated"]) if status == Status.COMPLETED else None,
            attempts=tries,
        )

    def _file(self, attachment: Mapping[str, Any], html: str) -> File:
        name = attachment["file"]
        if self._files is None:
            raise UnreadableMailError(
                f"has the file {name}; name the old site's MEDIA_ROOT with --files"
            )
        path = (self._files / name).resolve()
        if not path.is_relative_to(self._files.resolve()):
            raise UnreadableMailError(f"its file {name} lies outside {self._files}")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UnreadableMailError(
                f"its file {name} cannot be read: {error.strerror}"
            ) from error
        headers = attachment["headers"] or {}
        return file_of_part(attachment["name"], content, attachment["mimetype"], headers, html)


def _to_come(time: datetime | None) -> datetime | None:
    """A time in the future; one in the past means due at once."""
    return time if time and time > timezone.now() else None


def _status(old: int | None, expires_at: datetime | None) -> Status:
    match old:
        case 2 | 3 if expires_at and expires_at <= timezone.now():
            return Status.EXPIRED
        case 0:
            return Status.COMPLETED
        case 1:
            return Status.FAILED
        case 2 | 3:
            return Status.PENDING
        case _:
            return Status.UNKNOWN


def _error(status: Status, errors: Sequence[str]) -> str:
    if status == Status.UNKNOWN:
        return "post_office did not record whether it was sent (priority now)"
    if status == Status.EXPIRED:
        return "expires_at passed before post_office sent it"
    if status == Status.FAILED:
        return errors[-1] if errors else "post_office gave up and did not log why"
    return ""


def _attempt(log: Mapping[str, Any]) -> OldAttempt:
    at = moment(log["date"])
    assert at is not None  # noqa: S101 - the column is not null
    error = f"{log['exception_type']}: {log['message']}" if log["status"] == _FAILED else ""
    return OldAttempt(at, error)


def _addresses(text: str) -> list[str]:
    """Addresses, split as post_office does."""
    return [address.strip() for address in text.split(",") if address.strip()]


def _content(old: Mapping[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML: stored when it was queued, or rendered now as post_office would."""
    if old["template_id"] is None or old["context"] is None:
        return old["subject"], old["message"], old["html_message"]
    if not isinstance(old["context"], dict):
        raise UnreadableMailError(
            "its context is not a JSON object; send or render it with post_office"
        )
    sources = (old["template_subject"], old["template_content"], old["template_html"])
    try:
        subject, text, html = (_render(source, old["context"]) for source in sources)
    except Exception as error:
        what = "is written for" if isinstance(error, TemplateSyntaxError) else "fails:"
        raise UnreadableMailError(
            f"its template {old['template_name']!r} {what} {type(error).__name__}: {error}"
        ) from error
    return subject, text, html


def _render(source: str, context: dict[str, Any]) -> str:
    return str(Engine.get_default().from_string(source).render(Context(context)))
