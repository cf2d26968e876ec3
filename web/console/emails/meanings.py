"""The sentence that explains each status to an operator."""

from typing import Final

from postroom.shared.status import Status

MEANINGS: Final[dict[str, str]] = {
    Status.PENDING.value: "Waiting to be sent.",
    Status.PROCESSING.value: "A mailer is sending it now.",
    Status.COMPLETED.value: "The mail server accepted it for every recipient.",
    Status.PARTIAL.value: "The mail server accepted it for some recipients and permanently refused "
    "the others. Requeue sends it only to those that did not accept it.",
    Status.FAILED.value: "Not sent: the error is permanent, or there are no attempts or no time "
    "left. Requeue gives it a full set of new attempts.",
    Status.UNKNOWN.value: "It may have arrived: the mail server's reply was not received. It is "
    "not sent again without a decision.",
    Status.CANCELLED.value: "Cancelled before it was sent.",
    Status.EXPIRED.value: "Expired before it could be sent.",
    Status.SUPPRESSED.value: "Not sent: every address is on the suppression list.",
}
