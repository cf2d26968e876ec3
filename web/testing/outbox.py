"""The e-mails that a test has queued."""

from collections.abc import Iterator, Sequence

from postroom.web.emails.models import EmailQueue
from postroom.web.testing import delivery
from postroom.web.testing.queued_mail import AsSent, QueuedMail


class Outbox:
    """What was queued since this was made, and what `deliver` has sent."""

    def __init__(self, as_sent: AsSent) -> None:
        self._as_sent = as_sent
        newest = EmailQueue.objects.order_by("-pk").values_list("pk", flat=True).first()
        self._newest = newest or 0
        self.delivered: list[QueuedMail] = []

    @property
    def queued(self) -> list[QueuedMail]:
        """All e-mails since then, in the order of the calls, whatever became of them."""
        rows = EmailQueue.objects.filter(pk__gt=self._newest).order_by("pk")
        return [QueuedMail(row, self._as_sent) for row in rows]

    def __len__(self) -> int:
        return len(self.queued)

    def __iter__(self) -> Iterator[QueuedMail]:
        return iter(self.queued)

    def __getitem__(self, place: int) -> QueuedMail:
        return self.queued[place]

    def deliver(self) -> list[QueuedMail]:
        """Send all that is due, without broker and mail server: each is rendered and built, and
        ends `completed`; one that cannot be rendered ends `failed`, one whose addresses are all on
        the suppression list `suppressed`. What is scheduled for later stays `pending`.

        Returns:
            The e-mails that were sent now; `delivered` has those of all calls.
        """
        sent = [mail for mail in self.queued if delivery.deliver(mail)]
        self.delivered += sent
        return sent

    def assert_queued(
        self,
        *,
        email_type: str | None = None,
        to: str | Sequence[str] | None = None,
        template_path: str | None = None,
        subject: str | None = None,
        times: int = 1,
    ) -> list[QueuedMail]:
        """Make sure that exactly `times` e-mails match all that is given, and return them.

        Args:
            to: an address, or several, that are all among its recipients (To, Cc or Bcc).
            subject: a part of the rendered subject.

        Raises:
            AssertionError: more or fewer; names what was queued.
        """
        addresses = [to] if isinstance(to, str) else list(to or ())
        found = [
            mail
            for mail in self.queued
            if email_type in (None, mail.email_type)
            and template_path in (None, mail.template_path)
            and set(addresses) <= set(mail.recipients)
            and (subject is None or subject in mail.subject)
        ]
        if len(found) != times:
            raise AssertionError(
                f"{len(found)} e-mails match, and {times} should. {self._summary()}"
            )
        return found

    def assert_nothing_queued(self) -> None:
        """Make sure that nothing was queued.

        Raises:
            AssertionError: something was; names it.
        """
        if self.queued:
            raise AssertionError(f"No e-mail should be queued. {self._summary()}")

    def _summary(self) -> str:
        lines = [f"\n  {mail!r}" for mail in self.queued]
        return f"Queued since the test began: {''.join(lines) or 'nothing'}"
