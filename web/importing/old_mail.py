"""The form every old queue is read into: the arguments of an e-mail, and its outcome."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from postroom.shared.status import Status

# Old rows are read in pages of at most so many rows and bytes, so that memory is bounded.
PAGE_ROWS: Final = 200
PAGE_BYTES: Final = 8 * 1024 * 1024


class UnreadableMailError(ValueError):
    """An old row cannot become an e-mail; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class OldAttempt:
    """One attempt of the old sender; `error` is empty if the server accepted the e-mail."""

    at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class OldMail:
    """An old e-mail; `call`: arguments of `send_email_task`. Only a `pending` one will be sent."""

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
    key: str  # prefix of the idempotency keys of its rows

    def pages(self) -> Iterator[list[OldRow]]:
        """The rows in the order of their ids, a page at a time."""
        ...

    def read(self, row: OldRow) -> OldMail:
        """The e-mail of a row. Raises UnreadableMailError."""
        ...

    def mark(self, ids: Sequence[int]) -> None:
        """Make sure that the old sender does not send these imported rows."""
        ...


def moment(text: str | datetime | None) -> datetime | None:
    """A time from PostgreSQL's JSON or a column, in UTC; None stays None."""
    if isinstance(text, str):
        text = datetime.fromisoformat(text)
    return text.astimezone(UTC) if text else None
