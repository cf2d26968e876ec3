"""The states of an e-mail and of a recipient, and the arrows between them.

No other code lists states or arrows. `status` is written only by the functions named
after an arrow: `mailer/rows/queries.sql` for what a mailer does, `web/emails/relaying/outbox.py`
for the relay, `web/emails/transitions.py` for people. See docs/delivery-contract.md.
"""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """State of one e-mail (one `postroom_emailqueue` row)."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"


ARROWS: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset(
        {Status.PROCESSING, Status.CANCELLED, Status.EXPIRED, Status.SUPPRESSED}
    ),
    Status.PROCESSING: frozenset(
        {Status.COMPLETED, Status.PARTIAL, Status.PENDING, Status.FAILED, Status.UNKNOWN}
    ),
    Status.FAILED: frozenset({Status.PENDING}),
    Status.PARTIAL: frozenset({Status.PENDING}),
    Status.UNKNOWN: frozenset({Status.PENDING, Status.COMPLETED, Status.PARTIAL}),
    Status.CANCELLED: frozenset({Status.PENDING}),
    Status.EXPIRED: frozenset({Status.PENDING}),
    Status.COMPLETED: frozenset(),
    Status.SUPPRESSED: frozenset({Status.PENDING}),
}

REQUEUEABLE: Final = frozenset(
    s for s, to in ARROWS.items() if s != Status.PROCESSING and Status.PENDING in to
)
FINISHED: Final = frozenset(Status) - {Status.PENDING, Status.PROCESSING}


class RecipientStatus(StrEnum):
    """State of one address of an e-mail."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"


class RecipientKind(StrEnum):
    """Where the address is: in the To or Cc header, or only the envelope (Bcc, RFC 5322 3.6.3)."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"


class Priority(StrEnum):
    """The lane an e-mail travels in; each lane is a queue of its own."""

    HIGH = "high"
    NORMAL = "normal"
    BULK = "bulk"


LANES: Final = ("all", *(lane.value for lane in Priority))  # what an operator can pause


class OnUnknown(StrEnum):
    """What to do when the outcome is unknown: send again, or hold for a person's decision."""

    RESEND = "resend"
    HOLD = "hold"


class AttemptOutcome(StrEnum):
    """How one attempt ended: one `postroom_emaillog` row."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    GIVEN_BACK = "given_back"
    LEASE_EXPIRED = "lease_expired"
    FENCED = "fenced"
