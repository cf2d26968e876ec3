"""The colour of each status, and the sentence that explains it to an operator."""

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
STATUS_MEANINGS: Final[dict[str, str]] = {
    Status.PENDING: "Waiting to be sent.",
    Status.PROCESSING: "A mailer is sending it now.",
    Status.COMPLETED: "The mail server accepted it for every recipient.",
    Status.PARTIAL: "The mail server accepted it for some recipients and permanently refused the "
    "others. Requeue sends it only to those that did not accept it.",
    Status.FAILED: "Not sent: the error is permanent, or there are no attempts or no time left. "
    "Requeue gives it a full set of new attempts.",
    Status.UNKNOWN: "It may have arrived: the mail server's reply was not received. It is not sent "
    "again without a decision; Requeue may deliver it twice.",
    Status.CANCELLED: "Cancelled before it was sent.",
    Status.EXPIRED: "Expired before it could be sent.",
    Status.SUPPRESSED: "Not sent: every address is on the suppression list.",
}
