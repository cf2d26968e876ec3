"""The pages of a bulk action on all e-mails that match a filter: choose, confirm, watch."""

from collections.abc import Mapping
from copy import copy
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404, render

from postroom.web.adminkit.bad_queries import NONSENSE
from postroom.web.adminkit.links import page_of
from postroom.web.emails.admin import badges
from postroom.web.emails.admin.changelist import PAST, look_everywhere
from postroom.web.emails.models import BulkAction, EmailQueue
from postroom.web.emails.operating.deciding import bulk
from postroom.web.emails.operating.deciding.forecast import Fate
from postroom.web.emails.operating.deciding.spoken import many

_FILTERS = {"q": "search", "email_type": "type", "source_app": "source"}
SELECTED: Final = "selected"  # in the question: chosen one by one in the list
_PLACES = {PAGE_VAR, ORDER_VAR, PAST, SELECTED}


def offered(request: HttpRequest) -> list[bulk.BulkKind]:
    """The bulk actions this user may run."""
    return [kind for kind in bulk.KINDS.values() if request.user.has_perms(kind.permissions)]


def ask(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Store what matches the list's filter now; redirect to the page that asks to confirm."""
    kind = _permitted(model_admin, request, request.POST.get("kind", ""))
    question = request.POST.get("question", "")
    try:
        emails = _matching(model_admin, request, question)
        noted = bulk.ask(kind, emails, question, request.user)  # type: ignore[arg-type]
    except (IncorrectLookupParameters, SuspiciousOperation, ValidationError, *NONSENSE):
        model_admin.message_user(request, "This filter is not valid.", messages.ERROR)
        return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_changelist"))
    return HttpResponseRedirect(_page(model_admin, noted.pk))


def ask_selected(model_admin: Any, request: HttpRequest, emails: QuerySet[Any]) -> HttpResponse:
    """The page that asks about a requeue of e-mails that were selected one by one."""
    kind = bulk.KINDS["requeue"]
    noted = bulk.ask(kind, emails, f"{SELECTED}=1", request.user, named=kind.states)  # type: ignore[arg-type]
    return HttpResponseRedirect(_page(model_admin, noted.pk))


def page(model_admin: Any, request: HttpRequest, bulk_id: int) -> HttpResponse:
    """What will happen, the progress, or the result and what has become of the e-mails since."""
    noted = _noted(bulk_id)
    kind = _permitted(model_admin, request, noted.action)
    seen = noted.forecast
    now = bulk.now(bulk_id) if noted.finished_at else {}
    waiting = bulk.waiting(now)
    expired = 0 if noted.confirmed_at else seen["expired"]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": kind.of(noted.total or expired),
        "opts": EmailQueue._meta,
        "bulk": noted,
        "kind": kind,
        "parts": seen["parts"],
        "untouched": _coloured(seen["untouched"]),
        "more": seen["more"],
        "can_allow": kind.name == "requeue"
        and any(part["fate"] == Fate.SUPPRESSED for part in seen["parts"])
        and SELECTED not in QueryDict(noted.question)
        and request.user.has_perms(bulk.KINDS["allow"].permissions),
        "expired": expired,
        "expired_words": f"the {many(expired)} that {'has' if expired == 1 else 'have'} expired",
        "filters": _filters(noted.question),
        "unfiltered": _unfiltered(noted.question),
        "back": _list(model_admin, noted.question),
        "moved_words": many(noted.moved),
        "untouched_since": noted.done - noted.moved,
        "now": _coloured(now),
        "waiting": waiting,
        "waiting_words": f"{many(waiting)} {'has' if waiting == 1 else 'have'}",
    }
    return render(request, "admin/postroom/bulk.html", context)


def confirm(model_admin: Any, request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Start; a double click starts it once."""
    noted = _noted(bulk_id)
    _permitted(model_admin, request, noted.action)
    bulk.confirm(bulk_id, expired=bool(request.POST.get("expired")))
    _step(request, noted)
    return HttpResponseRedirect(_page(model_admin, bulk_id))


def step(model_admin: Any, request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Process the next batch; JSON for the page's script, else a redirect to the page."""
    noted = _noted(bulk_id)
    _permitted(model_admin, request, noted.action)
    _step(request, noted)
    if "application/json" not in request.headers.get("Accept", ""):
        return HttpResponseRedirect(_page(model_admin, bulk_id))
    noted.refresh_from_db(fields=["done", "moved", "finished_at"])
    return JsonResponse(
        {"done": noted.done, "moved": noted.moved, "finished": noted.finished_at is not None}
    )


def _step(request: HttpRequest, noted: BulkAction) -> None:
    bulk.step(noted.pk, request.user)  # type: ignore[arg-type]


def _noted(bulk_id: int) -> BulkAction:
    rows = BulkAction.objects.defer("email_ids", "expired_ids", "skipped_ids")
    return get_object_or_404(rows, pk=bulk_id)


def _permitted(model_admin: Any, request: HttpRequest, name: str) -> bulk.BulkKind:
    kind = bulk.KINDS.get(name)
    if kind is None:
        raise Http404(f"There is no action {name!r}.")
    if not (model_admin.has_view_permission(request) and request.user.has_perms(kind.permissions)):
        raise PermissionDenied
    return kind


def _matching(model_admin: Any, request: HttpRequest, question: str) -> Any:
    """The rows the list would find for this query string in the whole table."""
    asked = copy(request)
    look_everywhere(asked)
    parts = QueryDict(question, mutable=True)
    # That page of the list may not exist any more: fewer rows may match now.
    parts.pop(PAGE_VAR, None)
    asked.GET = QueryDict(parts.urlencode())
    asked.method = "GET"
    return model_admin.get_changelist_instance(asked).queryset


def _filters(question: str) -> list[tuple[str, str]]:
    """The list's filters as name and value, without page, order and window."""
    asked = QueryDict(question)
    return [
        (_FILTERS.get(name, name.removesuffix("__exact")), value)
        for name, values in asked.lists()
        for value in values
        if name not in _PLACES and value
    ]


def _coloured(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Numbers by state, as the template shows them."""
    return [
        {
            "state": state.replace("_", " ").capitalize(),
            "count": count,
            "colour": badges.STATUS_COLOURS.get(state, ""),
        }
        for state, count in counts.items()
    ]


def _list(model_admin: Any, question: str) -> str:
    """The address of the list that the action was chosen in."""
    asked = "" if SELECTED in QueryDict(question) else f"?{question}"
    return f"{page_of(model_admin, 'postroom_emailqueue_changelist')}{asked}"


def _unfiltered(question: str) -> str:
    """What to say where no filter is set."""
    if SELECTED in QueryDict(question):
        return "The e-mails that you selected."
    return "No filter is set: this affects every e-mail."


def _page(model_admin: Any, bulk_id: int) -> str:
    return page_of(model_admin, "postroom_emailqueue_bulk", bulk_id)
