"""For the tests of a site: what it queued, rendered as it would be sent, and delivered.

With pytest write `pytest_plugins = ["postroom.testing"]` into conftest.py and take the fixture
`postroom_outbox`; a Django `TestCase` takes `PostroomTestMixin`, which has `self.postroom_outbox`.
Neither needs a broker, a mail server or PostgreSQL. This module alone may use web and mailer both:
web shows the rows, and the mailer's own builder makes the messages.
"""

from typing import TYPE_CHECKING, Any

try:
    import pytest
except ImportError:  # the tests of this site run without it
    pytest = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from postroom.shared.rendering.renderer import Content
    from postroom.web.emails.models import EmailQueue
    from postroom.web.testing.outbox import Outbox
    from postroom.web.testing.queued_mail import QueuedMail

__all__ = ["PostroomTestMixin"]


class PostroomTestMixin:
    """For `TestCase` and `TransactionTestCase`; name it before them."""

    postroom_outbox: "Outbox"

    def setUp(self) -> None:
        """Begin with an empty outbox."""
        super().setUp()  # type: ignore[misc]
        self.postroom_outbox = _outbox()

    def deliver(self) -> "list[QueuedMail]":
        """Send what is due; see `Outbox.deliver`."""
        return self.postroom_outbox.deliver()

    def assert_queued(self, **expected: Any) -> "list[QueuedMail]":
        """Make sure what was queued; see `Outbox.assert_queued`."""
        return self.postroom_outbox.assert_queued(**expected)

    def assert_nothing_queued(self) -> None:
        """Make sure that nothing was queued."""
        self.postroom_outbox.assert_nothing_queued()


if pytest is not None:

    @pytest.fixture
    def postroom_outbox(db: None) -> "Outbox":
        """What the test queued: see `postroom.web.testing.outbox.Outbox`."""
        return _outbox()

    __all__ += ["postroom_outbox"]


def _outbox() -> "Outbox":
    # Not above: pytest imports this module before Django has its applications.
    from postroom.web.testing.outbox import Outbox

    return Outbox(_as_sent)


def _as_sent(row: "EmailQueue", content: "Content") -> bytes:
    """The bytes that a mailer would send, unsigned."""
    from postroom.mailer.message.build import build
    from postroom.mailer.rows.claimed_email import Attachment, ClaimedEmail, Recipient
    from postroom.shared.status import RecipientKind

    known = {name: getattr(row, name) for name in ClaimedEmail._fields if hasattr(row, name)}
    known |= {
        "attempt": row.attempts + 1,
        "reply_to": tuple(row.reply_to),
        "recipients": tuple(
            Recipient(one.pk, RecipientKind(one.kind), one.address, one.display_name)
            for one in row.recipients.order_by("pk")
        ),
    }
    files = row.attachments.select_related("blob").order_by("pk")
    known["attachments"] = tuple(
        Attachment(
            **{name: getattr(file, name) for name in Attachment._fields if name != "content"},
            content=bytes(file.blob.content),
        )
        for file in files
    )
    return build(ClaimedEmail(**known | {"claim_token": ""}), content).data
