"""One decision about all e-mails that match the list: chosen, asked about, carried out in batches.

Offered only within one state, so that an action never takes e-mails in another by surprise.
"""

from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from postroom.shared.status import Status
from postroom.web.console import badges, links, listing
from postroom.web.console.access import SEE, page
from postroom.web.console.emails import asked as address
from postroom.web.console.emails.asked import Asked
from postroom.web.console.emails.finding import everything
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.emails.models import BulkAction, EmailQueue
from postroom.web.emails.operating.deciding import bulk
from postroom.web.emails.operating.deciding.forecast import Fate

_LONGEST_QUESTION: Final = 100_000  # more than any list's own link, each sign as %XX


def offered(asked: Asked, user: Any) -> list[bulk.BulkKind]:
    """The actions on all that match, which fit the state and which this user may do."""
    return [
        kind
        for kind in bulk.KINDS.values()
        if asked["status"] in kind.states
        and user.has_perms(kind.permissions)
        and (kind.name != "allow" or asked["status"] == Status.SUPPRESSED)
    ]


@page(SEE, methods="POST")
def ask(request: HttpRequest) -> HttpResponse:
    """Store what matches now; redirect to the page that asks to confirm."""
    question = request.POST.get("question", "")
    if len(question) > _LONGEST_QUESTION:
        raise NonsenseError("This filter is too long.")
    asked = address.read(QueryDict(question.removeprefix("?")).dict())
    kind = _permitted(request, request.POST.get("kind", ""))
    if asked["status"] not in kind.states:
        raise NonsenseError("Choose a state whose e-mails this can be done with.")
    rows: QuerySet[EmailQueue] = everything(asked)
    noted = bulk.ask(
        kind,
        rows,
        listing.link(asked.values)[1:],
        request.user,  # type: ignore[arg-type]
        named={Status(asked["status"])},
    )
    return HttpResponseRedirect(links.to(request, "bulk", noted.pk))


@page(SEE)
def show(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """What will happen, the progress, or the result."""
    noted = _noted(bulk_id)
    return render(request, "postroom_console/emails/bulk.html", _context(request, noted))


@page(SEE, methods="POST")
def confirm(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Start; a double click starts it once."""
    noted = _noted(bulk_id)
    _permitted(request, noted.action)
    bulk.confirm(noted.pk, expired=bool(request.POST.get("expired")))
    return HttpResponseRedirect(links.to(request, "bulk", noted.pk))


@page(SEE, methods="POST")
def step(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Process the next batch: part of the page for htmx, else a redirect to the page."""
    noted = _noted(bulk_id)
    _permitted(request, noted.action)
    bulk.step(noted.pk, request.user)  # type: ignore[arg-type]
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(links.to(request, "bulk", noted.pk))
    context = _context(request, _noted(bulk_id))
    return render(request, "postroom_console/emails/bulk_progress.html", context)


def _context(request: HttpRequest, noted: BulkAction) -> dict[str, Any]:
    kind = _permitted(request, noted.action)
    asked = address.read(QueryDict(noted.question).dict())
    seen = noted.forecast
    now = bulk.now(noted.pk) if noted.finished_at else {}
    expired = 0 if noted.confirmed_at else seen["expired"]
    return {
        "title": kind.of(noted.total or expired),
        "section": "emails",
        "bulk": noted,
        "kind": kind,
        "chips": listing.chips(asked.values, address.LABELS, address.words(asked)),
        "parts": seen["parts"],
        "more": seen["more"],
        "expired": expired,
        "can_allow": kind.name == "requeue"
        and any(part["fate"] == Fate.SUPPRESSED for part in seen["parts"])
        and request.user.has_perms(bulk.KINDS["allow"].permissions),
        "untouched": noted.done - noted.moved,
        "now": [(badges.WORDS.get(state, state), state, count) for state, count in now.items()],
        "waiting": bulk.waiting(now),
        "list_link": f"{links.to(request, 'emails')}?{noted.question}",
    }


def _noted(bulk_id: int) -> BulkAction:
    rows = (
        BulkAction.objects.defer("email_ids", "expired_ids", "skipped_ids").filter(pk=bulk_id)
        if bulk_id < 2**63
        else None
    )
    noted = rows.first() if rows is not None else None
    if noted is None:
        raise Http404(f"There is no bulk action #{bulk_id}.")
    return noted


def _permitted(request: HttpRequest, name: str) -> bulk.BulkKind:
    kind = bulk.KINDS.get(name)
    if kind is None:
        raise Http404(f"There is no action {name!r}.")
    if not request.user.has_perms(kind.permissions):
        raise PermissionDenied("You do not have permission to do this.")
    return kind
