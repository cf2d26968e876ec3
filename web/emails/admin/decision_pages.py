"""Decisions about one e-mail: which fit it now, the page that asks, and the press that decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.timesince import timesince

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.adminkit.links import page_of
from postroom.web.emails import erasing, selectors
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import decisions
from postroom.web.emails.operating.forecast import Fate, Forecast, forecast
from postroom.web.emails.operating.spoken import spoken

_REQUEUE: Final = "postroom.requeue_emailqueue"
_MOST_SHOWN: Final = 10  # addresses on the page that asks


@dataclass(frozen=True, slots=True)
class Action:
    """One decision: its label, what it needs, what it does, and how that reads afterwards."""

    name: str
    label: str
    permissions: tuple[str, ...]
    states: frozenset[Status]
    decide: Callable[[Sequence[int], Any], int]
    done: str


ACTIONS: Final = {
    action.name: action
    for action in (
        Action("requeue", "Requeue", (_REQUEUE,), REQUEUEABLE, decisions.requeue, "requeued"),
        Action(
            "allow",
            "Allow the address again and requeue",
            (_REQUEUE, "postroom.delete_suppression"),
            REQUEUEABLE,
            decisions.allow_and_requeue,
            "allowed again and requeued",
        ),
        Action(
            "arrived",
            "Mark as arrived",
            ("postroom.resolve_emailqueue",),
            frozenset({Status.UNKNOWN}),
            decisions.confirm_arrived,
            "marked as arrived",
        ),
        Action(
            "cancel",
            "Cancel",
            ("postroom.cancel_emailqueue",),
            frozenset({Status.PENDING}),
            decisions.cancel,
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

    @property
    def press(self) -> str:
        """The name of the URL that decides."""
        return f"admin:postroom_emailqueue_{self.name}"


def offers(email: EmailQueue, user: User | AnonymousUser) -> list[Offer]:
    """The decisions that this user may make about `email` now and that would change something."""
    found = (_offer(action, email) for action in ACTIONS.values() if _may(action, user))
    return [offer for offer in found if offer]


def why_not_requeued(email: EmailQueue) -> str:
    """Why a requeue would change nothing; empty if it would, or if its state forbids it anyway."""
    if email.status not in REQUEUEABLE or email.content_erased_at:
        return ""
    seen = _seen("requeue", email)
    for fate in (Fate.SUPPRESSED, Fate.NOBODY):
        if seen.count(fate):
            return _HELD[fate]
    return ""


def ask(model_admin: Any, request: HttpRequest, email_id: int, name: str) -> HttpResponse:
    """The page that says what a decision will do, and asks."""
    action, email, seen = _look(model_admin, request, email_id, name)
    if not (seen.total or seen.expired_ids):
        return _unchanged(model_admin, request, email, action)
    return _page(model_admin, request, email, action, seen)


def decide(model_admin: Any, request: HttpRequest, email_id: int, *, name: str) -> HttpResponse:
    """The press. What has expired needs the answer that only the page which asks gives."""
    action, email, seen = _look(model_admin, request, email_id, name)
    if seen.expired_ids and not request.POST.get("expired"):
        page = page_of(model_admin, "postroom_emailqueue_decide", email_id, name)
        return HttpResponseRedirect(page)
    may = seen.total or seen.expired_ids
    if not (may and action.decide([email_id], request.user)):
        return _unchanged(model_admin, request, email, action)
    model_admin.message_user(request, f"E-mail #{email_id} {action.done}.", messages.SUCCESS)
    return _back(model_admin, email)


def _look(
    model_admin: Any, request: HttpRequest, email_id: int, name: str
) -> tuple[Action, EmailQueue, Forecast]:
    action = ACTIONS.get(name)
    if action is None:
        raise Http404(f"There is no decision {name!r}.")
    if not (model_admin.has_view_permission(request) and _may(action, request.user)):
        raise PermissionDenied
    email = EmailQueue.objects.filter(pk=email_id).first()
    if email is None:
        raise Http404(f"There is no e-mail {email_id}.")
    return action, email, _seen(name, email)


def _page(
    model_admin: Any, request: HttpRequest, email: EmailQueue, action: Action, seen: Forecast
) -> HttpResponse:
    offer = _offer(action, email, seen)
    people = selectors.recipients(email)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{action.label}: e-mail #{email.pk}?",
        "opts": EmailQueue._meta,
        "email": email,
        "action": action,
        "press": f"admin:postroom_emailqueue_{action.name}",
        "subject": erasing.shown_subject(email),
        "recipients": people[:_MOST_SHOWN],
        "more": max(0, len(people) - _MOST_SHOWN),
        "warning": offer.warning if offer else "",
        "sends": action.states is REQUEUEABLE,
        "expired": bool(seen.expired_ids),
        "forbidding": selectors.forbidding(email) if action.name == "allow" else [],
    }
    return render(request, "admin/postroom/emailqueue/decide.html", context)


def _unchanged(
    model_admin: Any, request: HttpRequest, email: EmailQueue, action: Action
) -> HttpResponse:
    words = ", ".join(sorted(state.value for state in action.states))
    text = f"E-mail #{email.pk} was not changed: its status is no longer one of {words}."
    if action.states is REQUEUEABLE and email.status in REQUEUEABLE:
        reason = erasing.why_not_shown(email) if email.content_erased_at else ""
        reason = reason or why_not_requeued(email) or "Nothing on the suppression list forbids it."
        text = f"E-mail #{email.pk} was not changed. {reason}"
    model_admin.message_user(request, text, messages.WARNING)
    return _back(model_admin, email)


def _back(model_admin: Any, email: EmailQueue) -> HttpResponse:
    return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", email.pk))


def _may(action: Action, user: Any) -> bool:
    return bool(user.has_perms(action.permissions))


def _seen(name: str, email: EmailQueue) -> Forecast:
    return forecast(name, EmailQueue.objects.filter(pk=email.pk), named=REQUEUEABLE)


def _offer(action: Action, email: EmailQueue, seen: Forecast | None = None) -> Offer | None:
    if email.status not in action.states:
        return None
    seen = seen or _seen(action.name, email)
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
