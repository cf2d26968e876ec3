"""One queued e-mail as a site's test sees it."""

from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any, NamedTuple

from postroom.shared.rendering.renderer import Content
from postroom.shared.status import RecipientKind
from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.emails.operating.preview import content_of

AsSent = Callable[[EmailQueue, Content], bytes]  # the mailer's builder of messages


class File(NamedTuple):
    """An attached file."""

    name: str
    content: bytes
    mimetype: str


class QueuedMail:
    """The e-mail that would be sent for a row: rendered by the code that renders it then.

    `row` is the `EmailQueue`, as it was when the test asked. Content is rendered at its first use,
    and raises TemplateError if that fails.
    """

    def __init__(self, row: EmailQueue, as_sent: AsSent) -> None:
        self.row = row
        self._as_sent = as_sent

    @property
    def email_type(self) -> str:
        """What kind of e-mail it is."""
        return self.row.email_type

    @property
    def template_path(self) -> str:
        """The folder of its template; empty if it has bodies of its own."""
        return self.row.template_path

    @property
    def from_email(self) -> str:
        """Its sender, with a display name if there is one."""
        return self.row.from_email

    @property
    def subject(self) -> str:
        """Its subject, rendered."""
        return self._content.subject

    @property
    def text(self) -> str:
        """Its plain text, rendered or made from the HTML."""
        return self._content.text

    @property
    def html(self) -> str:
        """Its HTML, rendered; empty if it is plain text alone."""
        return self._content.html or ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The header fields that the call gave."""
        headers: Mapping[str, str] = self.row.headers
        return headers

    @property
    def to(self) -> list[str]:
        """The addresses of To."""
        return self._addresses(RecipientKind.TO)

    @property
    def cc(self) -> list[str]:
        """The addresses of Cc."""
        return self._addresses(RecipientKind.CC)

    @property
    def bcc(self) -> list[str]:
        """The addresses of Bcc, which no header names."""
        return self._addresses(RecipientKind.BCC)

    @property
    def recipients(self) -> list[str]:
        """All addresses that it goes to."""
        return [address for _, address in self._people]

    @cached_property
    def attachments(self) -> list[File]:
        """Its files."""
        rows: Any = EmailAttachment.objects.filter(email=self.row).select_related("blob")
        return [
            File(row.name, bytes(row.blob.content), row.mimetype) for row in rows.order_by("pk")
        ]

    @cached_property
    def message(self) -> EmailMessage:
        """The message, parsed from the bytes that the mailer would send; without a signature."""
        data = self._as_sent(self.row, self._content)
        message: EmailMessage = message_from_bytes(data, policy=policy.default)
        return message

    @cached_property
    def _content(self) -> Content:
        return content_of(self.row)

    @cached_property
    def _people(self) -> list[tuple[str, str]]:
        return list(self.row.recipients.order_by("pk").values_list("kind", "address"))

    def _addresses(self, kind: RecipientKind) -> list[str]:
        return [address for one, address in self._people if one == kind.value]

    def __repr__(self) -> str:
        template = f" template_path={self.template_path!r}" if self.template_path else ""
        return (
            f"<{self.email_type!r} to {', '.join(self.recipients)}{template} "
            f"subject={self.row.subject!r} {self.row.status}>"
        )
