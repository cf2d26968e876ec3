"""The board and the page of one item, without JavaScript."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from postroom.web.conf import conf
from postroom.web.people import name_of
from postroom.web.systems.tracker import selectors, services
from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import KINDS, ItemStatus

_KIND_NAMES = {kind: model._meta.verbose_name_plural for kind, model in KINDS.items()}


@never_cache
@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """All items in columns by status; `?mine=1` and `?kind=task` show fewer."""
    view = _view(request.GET)
    person = request.user.pk if "mine" in view else None
    membership = Membership(request.user)
    columns = [
        (status, selectors.column(status, membership, kind=view.get("kind", ""), person_id=person))
        for status in ItemStatus
    ]
    context = {
        "columns": [
            (
                status,
                [(item, membership.may_edit(item), _people(item, membership)) for item in items],
            )
            for status, items in columns
        ],
        "limit": selectors.CARDS,
        "choices": _choices(view),
        "view": view,
        "statuses": ItemStatus,
    }
    return _page(request, "board", context)


@never_cache
@require_safe
@login_required
def item_page(request: HttpRequest, kind: str, item_id: int) -> HttpResponse:
    """One item with all its fields."""
    if kind not in KINDS:
        raise Http404("There is no such item.")
    membership = Membership(request.user)
    item = membership.visible(selectors.items(kind), kind).filter(pk=item_id).first()
    if item is None:
        raise Http404("There is no such item.")
    context = {
        "item": item,
        "may_edit": membership.may_edit(item),
        "people": _people(item, membership),
        "statuses": ItemStatus,
        "view": {},
    }
    return _page(request, "item", context)


@require_POST
@login_required
def move(request: HttpRequest, kind: str, item_id: int) -> HttpResponse:
    """The button "Move"; returns to the page where it was pressed."""
    try:
        status = ItemStatus(request.POST.get("status", ""))
    except ValueError:
        return HttpResponse("There is no such status.", status=400, content_type="text/plain")
    if kind not in KINDS:
        raise Http404("There is no such item.")
    try:
        item = services.move(kind, item_id, status, user=request.user)
    except KINDS[kind].DoesNotExist as error:
        raise Http404("There is no such item.") from error
    messages.success(request, f'Moved "{item.title}" to {status.label}.')
    if "on_item" in request.POST:
        return HttpResponseRedirect(item.get_absolute_url())
    query = urlencode(_view(request.POST))
    return HttpResponseRedirect(f"{reverse('tracker:board')}?{query}#{item.anchor}")


def _people(item: Any, membership: Membership) -> dict[str, str]:
    """The names of an item's people as this user may read them."""
    return {
        "holder": _name(item, item.holder, membership),
        "reporter": _name(item, item.reporter, membership),
    }


def _name(item: Any, person: Any, membership: Membership) -> str:
    if person is None:
        return "Nobody"
    return name_of(person) if membership.knows(person.pk, item) else "Somebody"


def _view(given: Any) -> dict[str, str]:
    """Which part of the board is shown, from a URL or form; invalid values are ignored."""
    view = {}
    if given.get("kind") in KINDS:
        view["kind"] = given["kind"]
    if given.get("mine") == "1":
        view["mine"] = "1"
    return view


def _choices(view: dict[str, str]) -> list[tuple[str, str, bool]]:
    """The links above the board: label, query, whether it is the current view."""
    mine = {"mine": "1"} if "mine" in view else {}
    kind = view.get("kind", "")
    one_kind = {"kind": kind} if kind else {}
    kinds = [("Everything", mine, not kind)] + [
        (str(name).capitalize(), {"kind": each, **mine}, each == kind)
        for each, name in _KIND_NAMES.items()
    ]
    owners = [("Everybody's", one_kind, not mine), ("Mine", {**one_kind, "mine": "1"}, bool(mine))]
    return [(label, urlencode(query), now) for label, query, now in kinds + owners]


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return render(request, f"tracker/{name}.html", {"site_name": conf.site_name, **context})
