"""The colour of every status and outcome; and the words of a status in navigation."""

from typing import Final

from postroom.shared.status import AttemptOutcome, RecipientStatus, Status

GOOD, BAD, WARN, INFO, QUIET = "good", "bad", "warn", "info", "quiet"

# Values of all three that are equal have equal colours.
_COLOURS: Final[dict[str, str]] = {
    Status.PENDING.value: INFO,
    Status.PROCESSING.value: INFO,
    Status.COMPLETED.value: GOOD,
    Status.PARTIAL.value: WARN,
    Status.FAILED.value: BAD,
    Status.UNKNOWN.value: WARN,
    RecipientStatus.ACCEPTED.value: GOOD,
    RecipientStatus.REFUSED.value: BAD,
    AttemptOutcome.RETRY.value: INFO,
    AttemptOutcome.LEASE_EXPIRED.value: WARN,
}
# In the order in which an operator asks: what needs a decision, what moves, what has ended.
TABS: Final[tuple[tuple[str, str], ...]] = (
    (Status.FAILED.value, "Failed"),
    (Status.UNKNOWN.value, "Unknown"),
    (Status.PARTIAL.value, "Partial"),
    (Status.PENDING.value, "Waiting"),
    (Status.PROCESSING.value, "Being sent"),
    (Status.COMPLETED.value, "Sent"),
    (Status.SUPPRESSED.value, "Suppressed"),
    (Status.EXPIRED.value, "Expired"),
    (Status.CANCELLED.value, "Cancelled"),
)


WORDS: Final = dict(TABS)


def colour(value: str) -> str:
    """`good`, `bad`, `warn`, `info` or `quiet`."""
    return _COLOURS.get(value, QUIET)
