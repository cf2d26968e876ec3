"""What operators can decide about one e-mail: when it is offered, what it says, who may.

The only module here that knows who decides. Its imports are in the functions because decisions are
recorded in the admin's log, and pages must open on a site that has no django.contrib.admin.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps

from postroom.shared.status import REQUEUEABLE, RecipientStatus, Status
from postroom.web.console import formats
from postroom.web.emails import erasing
from postroom.web.emails.models import EmailQueue

AGAIN: Final = ("postroom.send_again_emailqueue", "postroom.read_emailqueue")
READ: Final = "postroom.read_emailqueue"


@dataclass(frozen=True, slots=True)
class Act:
    """One decision.

    Args:
        verb: on the button. done: after "E-mail #7 ".
        asks: a page asks before it happens, always; otherwise only where `warnings` has something.
    """

    name: str
    verb: str
    done: str
    permission: str
    states: Collection[Status]
    decide: Callable[[Sequence[int], Any], int]
    asks: bool = True

    def fits(self, email: EmailQueue, user: Any) -> bool:
        """Whether the e-mail's page offers it to this user."""
        if email.status not in self.states or not user.has_perm(self.permission):
            return False
        return self.name != "requeue" or email.content_erased_at is None


def _requeue(ids: Sequence[int], user: Any) -> int:
    from postroom.web.emails.admin import decisions

    return decisions.requeue(ids, user)


def _cancel(ids: Sequence[int], user: Any) -> int:
    from postroom.web.emails.admin import decisions

    return decisions.cancel(ids, user)


def _arrived(ids: Sequence[int], user: Any) -> int:
    from postroom.web.emails.admin import decisions

    return decisions.confirm_arrived(ids, user)


ACTS: Final = {
    act.name: act
    for act in (
        Act(
            "requeue", "Requeue", "requeued", "postroom.requeue_emailqueue", REQUEUEABLE,
            _requeue, asks=False,
        ),
        Act(
            "arrived", "Mark as arrived", "marked as arrived", "postroom.resolve_emailqueue",
            {Status.UNKNOWN}, _arrived,
        ),
        Act(
            "cancel", "Cancel", "cancelled", "postroom.cancel_emailqueue", {Status.PENDING},
            _cancel,
        ),
    )
}  # fmt: skip


def history(email: EmailQueue) -> list[Any]:
    """The decisions about `email`, newest first; none are recorded without the admin's log."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    from postroom.web.emails.admin import decisions

    return list(decisions.history(email))


def warnings(act: Act, email: EmailQueue, suppressed: Collection[str]) -> list[str]:
    """What will happen, where it may not be what the operator expects; empty when it is plain.

    `suppressed`: those of its open addresses that are on the suppression list.
    """
    match act.name:
        case "cancel":
            return ["It will not be sent. Requeue brings it back."]
        case "arrived":
            return [
                "It counts as sent from now on, and will not be sent again. The mail server's "
                "reply was not received, so be sure: ask the recipient or the server's log."
            ]
    return _of_requeue(email, suppressed)


def _of_requeue(email: EmailQueue, suppressed: Collection[str]) -> list[str]:
    found = []
    if email.expires_at is not None and formats.until(email.expires_at) == "0 s":
        found.append(
            f"Its time ran out {formats.since(email.expires_at)} ago, at "
            f"{formats.time(email.expires_at)}: what it says may not be true any more."
        )
    if email.status == Status.UNKNOWN:
        found.append("It may have arrived already: then the recipient gets it twice.")
    if email.status == Status.CANCELLED:
        found.append("An operator cancelled it.")
    if suppressed:
        names = ", ".join(sorted(suppressed))
        sent = " E-mail of high priority is sent to them all the same."
        found.append(
            f"On the suppression list: {names}."
            + (sent if email.priority == "high" else " They get nothing until they are allowed.")
        )
    return found


def refusal(act: Act, email: EmailQueue) -> str:
    """Why nothing was done, in a sentence."""
    if act.name == "requeue" and (reason := erasing.why_not_shown(email)):
        return f"E-mail #{email.pk} was not changed. {reason}"
    words = ", ".join(sorted(state.value for state in act.states))
    return f"E-mail #{email.pk} was not changed: its status is no longer one of {words}."


def open_addresses(recipients: Collection[Any]) -> list[str]:
    """The addresses that a requeue would send to."""
    return [row.address for row in recipients if row.status != RecipientStatus.ACCEPTED]
