"""The colour of each status."""

from typing import Final

from postroom.shared.status import AttemptOutcome, RecipientStatus, Status

# Colours of `look.badge`; "" is grey.
STATUS_COLOURS: Final[dict[str, str]] = {
    Status.PENDING: "info",
    Status.PROCESSING: "primary",
    Status.COMPLETED: "success",
    Status.PARTIAL: "warning",
    Status.FAILED: "danger",
    Status.UNKNOWN: "warning",
    Status.CANCELLED: "",
    Status.EXPIRED: "",
    Status.SUPPRESSED: "",
}
RECIPIENT_COLOURS: Final[dict[str, str]] = {
    RecipientStatus.PENDING: "info",
    RecipientStatus.ACCEPTED: "success",
    RecipientStatus.REFUSED: "danger",
    RecipientStatus.UNKNOWN: "warning",
    RecipientStatus.SUPPRESSED: "",
}
OUTCOME_COLOURS: Final[dict[str, str]] = {
    AttemptOutcome.ACCEPTED: "success",
    AttemptOutcome.PARTIAL: "warning",
    AttemptOutcome.RETRY: "info",
    AttemptOutcome.FAILED: "danger",
    AttemptOutcome.UNKNOWN: "warning",
    AttemptOutcome.GIVEN_BACK: "",
    AttemptOutcome.LEASE_EXPIRED: "warning",
    AttemptOutcome.FENCED: "",
}
