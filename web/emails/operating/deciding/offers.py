"""Decisions about one e-mail: which fit it now, and what each would do, before anybody decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.timesince import timesince

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.emails import erasing
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating.deciding.forecast import Fate, Forecast, forecast
from postroom.web.emails.operating.deciding.spoken import spoken

_REQUEUE: Final = "postroom.requeue_emailqueue"


@dataclass(frozen=True, slots=True)
class Action:
    """One decision: its label, what it needs, and how it reads afterwards."""

    name: str
    label: str
    permissions: tuple[str, ...]
    states: frozenset[Status]
    done: str

    @property
    def sends(self) -> bool:
        """Whether the e-mail is sent then."""
        return self.states is REQUEUEABLE

    def decide(self, ids: Sequence[int], user: Any) -> int:
        """Do it. Number of e-mails that moved."""
        # Decisions are recorded in the log of Django's admin, and pages open without it.
        from postroom.web.emails.operating.deciding import decisions

        acts: dict[str, Callable[[Sequence[int], Any], int]] = {
            "requeue": decisions.requeue,
            "allow": decisions.allow_and_requeue,
            "arrived": decisions.confirm_arrived,
            "cancel": decisions.cancel,
        }
        return acts[self.name](ids, user)


ACTIONS: Final = {
    action.name: action
    for action in (
        Action("requeue", "Requeue", (_REQUEUE,), REQUEUEABLE, "requeued"),
        Action(
            "allow",
            "Allow the address again and requeue",
            (_REQUEUE, "postroom.delete_suppression"),
            REQUEUEABLE,
            "allowed again and requeued",
        ),
        Action(
            "arrived",
            "Mark as arrived",
            ("postroom.resolve_emailqueue",),
            frozenset({Status.UNKNOWN}),
            "marked as arrived",
        ),
        Action(
            "cancel",
            "Cancel",
            ("postroom.cancel_emailqueue",),
            frozenset({Status.PENDING}),
            "cancelled",
        ),
    )
}
_HELD: Final = {
    Fate.SUPPRESSED: "A requeue would end in the same second: every address still to be tried is "
    "on the suppression list.",
    Fate.NOBODY: "A requeue would send it to nobody: every address accepted it.",
}
_WARNINGS: Final[dict[tuple[str, Fate], str]] = {
    ("requeue", Fate.REPEATED): "It may have arrived already: its recipients may get it twice.",
    ("requeue", Fate.CANCELLED): "It was cancelled by somebody; it will be sent all the same.",
    ("arrived", Fate.COMPLETED): "Only if you know that it arrived: it is not sent again.",
    ("arrived", Fate.PARTIAL): "Only if you know that it arrived. The addresses that refused it "
    "stay refused.",
    ("cancel", Fate.STOPPED): "It will not be sent, unless somebody requeues it.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A decision that fits the e-mail now. `asks`: on a page of its own, which gives `warning`."""

    name: str
    label: str
    asks: bool
    warning: str


def fitting(email: EmailQueue, user: User | AnonymousUser) -> list[Offer]:
    """The decisions that this user may make about `email` now and that would change something."""
    found = (offer_of(action, email) for action in ACTIONS.values() if may(action, user))
    return [offer for offer in found if offer]


def why_not_requeued(email: EmailQueue) -> str:
    """Why a requeue would change nothing; empty if it would, or if its state forbids it anyway."""
    if email.status not in REQUEUEABLE or email.content_erased_at:
        return ""
    seen = look("requeue", email)
    for fate in (Fate.SUPPRESSED, Fate.NOBODY):
        if seen.count(fate):
            return _HELD[fate]
    return ""


def refusal(action: Action, email: EmailQueue) -> str:
    """Why nothing was done, in a sentence."""
    words = ", ".join(sorted(state.value for state in action.states))
    text = f"its status is no longer one of {words}."
    if action.sends and email.status in REQUEUEABLE:
        reason = erasing.why_not_shown(email) if email.content_erased_at else ""
        reason = reason or why_not_requeued(email) or "Nothing on the suppression list forbids it."
        return f"E-mail #{email.pk} was not changed. {reason}"
    return f"E-mail #{email.pk} was not changed: {text}"


def may(action: Action, user: Any) -> bool:
    """Whether this user may decide it."""
    return bool(user.has_perms(action.permissions))


def look(name: str, email: EmailQueue) -> Forecast:
    """What the decision would do now."""
    return forecast(name, EmailQueue.objects.filter(pk=email.pk), named=REQUEUEABLE)


def offer_of(action: Action, email: EmailQueue, seen: Forecast | None = None) -> Offer | None:
    """The decision as a page offers it; None if it would change nothing now."""
    if email.status not in action.states:
        return None
    seen = seen or look(action.name, email)
    if seen.expired_ids:
        return Offer(action.name, action.label, asks=True, warning=_expired(email))
    if not seen.total:
        return None
    (part,) = (part for part in seen.parts if part.moves)
    warning = _WARNINGS.get((action.name, part.fate), "")
    if action.name == "allow":
        warning = "The mail server, or a person, had it put on the suppression list for a reason."
    return Offer(action.name, action.label, asks=bool(warning), warning=warning)


def _expired(email: EmailQueue) -> str:
    if email.expires_at is None or email.expires_at > timezone.now():
        return "It has expired: what it says may no longer be true."
    ago = timesince(email.expires_at, depth=1)
    return (
        f"It expired at {spoken(email.expires_at)}, {ago} ago: what it says, such as a code or a "
        "link, may no longer be true."
    )
