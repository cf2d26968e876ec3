"""Decisions about one e-mail: which fit it now, the page that asks, and the press that decides."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from postroom.web.adminkit.links import page_of
from postroom.web.emails import erasing, selectors
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating.deciding import offers
from postroom.web.emails.operating.deciding.forecast import Forecast

_MOST_SHOWN: Final = 10  # addresses on the page that asks


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
) -> tuple[offers.Action, EmailQueue, Forecast]:
    action = offers.ACTIONS.get(name)
    if action is None:
        raise Http404(f"There is no decision {name!r}.")
    if not (model_admin.has_view_permission(request) and offers.may(action, request.user)):
        raise PermissionDenied
    email = EmailQueue.objects.filter(pk=email_id).first()
    if email is None:
        raise Http404(f"There is no e-mail {email_id}.")
    return action, email, offers.look(name, email)


def _page(
    model_admin: Any, request: HttpRequest, email: EmailQueue, action: offers.Action, seen: Forecast
) -> HttpResponse:
    offer = offers.offer_of(action, email, seen)
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
        "sends": action.sends,
        "expired": bool(seen.expired_ids),
        "forbidding": selectors.forbidding(email) if action.name == "allow" else [],
    }
    return render(request, "admin/postroom/emailqueue/decide.html", context)


def _unchanged(
    model_admin: Any, request: HttpRequest, email: EmailQueue, action: offers.Action
) -> HttpResponse:
    text = offers.refusal(action, email)
    model_admin.message_user(request, text, messages.WARNING)
    return _back(model_admin, email)


def _back(model_admin: Any, email: EmailQueue) -> HttpResponse:
    return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", email.pk))
