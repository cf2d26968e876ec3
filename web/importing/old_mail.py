"""What every old queue is read into: an e-mail as this queue takes it, and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from postroom.shared.status import Status

# An old row is looked at in pages of so many rows and so many bytes, so that memory is bounded.
PAGE_ROWS: Final = 200
PAGE_BYTES: Final = 8 * 1024 * 1024


class UnreadableMailError(ValueError):
    """An old row cannot become an e-mail; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class OldAttempt:
    """One try of the old sender; `error` is '' when the server took the mail."""

    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class OldMail:
    """`call` holds arguments of `send_email_task`; only a `pending` one is going to be sent."""

    status: Status
    call: dict[str, Any]
    message_id: str = ""
    error: str = ""
    sent_at: datetime | None = None
    attempts: Sequence[OldAttempt] = field(default=())


@dataclass(frozen=True, slots=True)
class OldRow:
    """One row of an old table; `values` by column."""

    id: int
    created: datetime
    values: dict[str, Any]


class OldQueue(Protocol):
    """One table of an old queue."""

    name: str  # the package
    table: str
    key: str  # what the idempotency key of a row begins with

    def pages(self) -> Iterator[list[OldRow]]:
        """The rows in the order of their ids, a page at a time."""
        ...

    def read(self, row: OldRow) -> OldMail:
        """The e-mail of a row. Raises UnreadableMailError."""
        ...

    def mark(self, ids: Sequence[int]) -> None:
        """Take rows that were imported out of the old sender's reach."""
        ...


def moment(text: str | datetime | None) -> datetime | None:
    """A time out of PostgreSQL's JSON, or as it is."""
    if isinstance(text, str):
        text = datetime.fromisoformat(text)
    return text.astimezone(UTC) if text else None
