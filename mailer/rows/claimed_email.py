"""An e-mail as a mailer holds it: `store.py` claims it, and the later steps read it.

What is made once per e-mail is a named tuple. See what-speed-costs: named tuples.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from postroom.shared.message_parts import Disposition
from postroom.shared.status import OnUnknown, RecipientKind


class Recipient(NamedTuple):
    """One address. Only `pending` ones are sent to; others are settled or must not be mailed."""

    id: int
    kind: RecipientKind
    address: str
    display_name: str = ""
    pending: bool = True
    accepted: bool = False
    suppressed: bool = False
    reason: str = "on the suppression list"  # of one that is suppressed


class Attachment(NamedTuple):
    """A part to add; `content` is the stored bytes, `mimetype` like `application/pdf`.

    `content_id` is without angle brackets. An inline or alternative part may have no name.
    """

    name: str
    mimetype: str
    content: bytes
    disposition: str = Disposition.ATTACHMENT.value
    content_id: str = ""


class FileRef(NamedTuple):
    """An attachment before its bytes are read: they are fetched just before the e-mail is built."""

    name: str
    mimetype: str
    sha256: str
    disposition: str = Disposition.ATTACHMENT.value
    content_id: str = ""


_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class ClaimedEmail(NamedTuple):
    """One claimed e-mail: all that rendering, building, sending and fencing the result need.

    The first fields are in the order of the columns that the statement `claim` returns.
    """

    id: int
    claim_token: str  # a UUID, only ever compared and handed back
    attempt: int
    max_attempts: int
    ready_at: datetime  # created, requeued or scheduled, the latest; the same on every try
    message_id: str
    email_type: str
    subject: str
    from_email: str
    language: str = ""
    template_path: str = ""
    html_body: str = ""
    plain_body: str = ""
    traceparent: str = ""
    attachment_count: int = 0
    age_seconds: float = 0.0
    on_unknown: OnUnknown = OnUnknown.RESEND
    recipients: tuple[Recipient, ...] = ()
    files: tuple[FileRef, ...] = ()
    reply_to: tuple[str, ...] = ()
    headers: Mapping[str, str] = _NOTHING
    context: Mapping[str, Any] = _NOTHING
    attachments: tuple[Attachment, ...] = ()
    unreadable: str = ""  # reason this row cannot be turned into a message; empty if it can
