"""One state of the model. Everything is a value, so that equal states are recognised."""

from typing import Final, NamedTuple

from postroom.shared.status import RecipientStatus, Status

PENDING: Final = Status.PENDING.value
PROCESSING: Final = Status.PROCESSING.value
COMPLETED: Final = Status.COMPLETED.value
FAILED: Final = Status.FAILED.value
UNKNOWN: Final = Status.UNKNOWN.value
CANCELLED: Final = Status.CANCELLED.value
EXPIRED: Final = Status.EXPIRED.value
SUPPRESSED: Final = Status.SUPPRESSED.value

# Of the one recipient.
WAITS: Final = RecipientStatus.PENDING.value
ACCEPTED: Final = RecipientStatus.ACCEPTED.value
REFUSED: Final = RecipientStatus.REFUSED.value
IN_DOUBT: Final = RecipientStatus.UNKNOWN.value
BARRED: Final = RecipientStatus.SUPPRESSED.value

# Where a mailer is.
IDLE: Final = "idle"
HAS: Final = "has a message"
OTHER: Final = "got no claim"
CLAIMED: Final = "claimed"
GRANTED: Final = "hand-over granted"
CLEARED: Final = "lease checked"
DOT: Final = "dot written"
RESULT: Final = "has a result"
UNSURE: Final = "record not answered"
DONE: Final = "to acknowledge"

# What a mailer will record. ACCEPTED and FAILED as above.
RETRY: Final = "refused for now"
OUTAGE: Final = "server down"  # the attempt does not count
GIVEN_BACK: Final = "not sent"
NO_ANSWER: Final = "no answer"
NOTHING: Final = "nobody left to send to"

# The lease.
NONE: Final = 0
RUNNING: Final = 1
ENDED: Final = 2

# The relay; while it is not at rest, its transaction has the row locked.
REST: Final = 0
STAMPED: Final = 1
CONFIRMED: Final = 2

MOST_MESSAGES: Final = 2  # in the queue: a third copy behaves like the second
MAX_ATTEMPTS: Final = 2


class Mailer(NamedTuple):
    """One mailer and the one e-mail it may have in hand."""

    at: str = IDLE
    token: int = 0  # of its claim
    last: bool = False  # no attempt is left after this one
    repeats: bool = False  # the recipient was on record as accepted when it claimed
    result: str = ""
    message: bool = False  # holds an unacknowledged message
    recorded: bool = False  # its result is in the log, and it does not know that


class Late(NamedTuple):
    """A statement whose client got no answer: it takes effect at some later moment, or never."""

    statement: str
    token: int = 0
    last: bool = False
    result: str = ""


class State(NamedTuple):
    """The row, what travels, who works on it, and what happened so far."""

    # the row
    status: str = PENDING
    token: int = 0
    left: int = MAX_ATTEMPTS  # attempts: max_attempts - attempts
    published: bool = False
    due: bool = True
    over: bool = False  # `expires_at` has passed
    lease: int = NONE
    handed: bool = False
    person: str = WAITS
    # beside it
    listed: bool = False  # the address is on the suppression list
    paused: bool = False
    ready: int = 0  # messages in the queue
    relay: int = REST
    mailers: tuple[Mailer, ...] = (Mailer(), Mailer())
    late: Late | None = None
    # history, for the invariants only
    copies: int = 0  # accepted by the SMTP server
    explained: int = 0  # log rows that may explain a copy
    decisions: int = 0  # requeues of an unknown e-mail
    on_record: bool = False  # the recipient was recorded as accepted
    arrived: bool = False  # a person said so
    lost: bool = False  # the broker lost the message of the last publication
    resent: bool = False  # sent to a recipient who was on record as accepted
    doubled: bool = False  # a result recorded twice


def with_mailer(state: State, place: int, mailer: Mailer) -> State:
    """`state` with the mailer at `place` replaced."""
    mailers = state.mailers
    return state._replace(mailers=(mailer, mailers[1]) if place == 0 else (mailers[0], mailer))


def unused_token(state: State) -> int:
    """A claim token that nobody knows. Small numbers, so that equal situations are recognised."""
    late = state.late.token if state.late else 0
    used = (state.token, late, state.mailers[0].token, state.mailers[1].token)
    return next(token for token in range(1, 6) if token not in used)
