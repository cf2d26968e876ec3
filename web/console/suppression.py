"""The suppressed addresses, which get no more e-mail: find, add, allow again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from postroom.shared.telemetry.logs import logger
from postroom.web.console import links, listing
from postroom.web.console.access import page
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.console.recording import record
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import Suppression
from postroom.web.emails.queueing.addresses import check_address
from postroom.web.people import account_of

_SEE = "postroom.view_suppression"
_ADD, _DELETE = "postroom.add_suppression", "postroom.delete_suppression"
_LONGEST = {"list_id": 255, "reason": 500}

log = logger(__name__)


@page(_SEE, methods="GET POST")
def suppression(request: HttpRequest) -> HttpResponse:
    """The list, newest first; a POST adds one address."""
    if request.method == "POST":
        return _add(request)
    text, past = request.GET.get("q", "").strip(), request.GET.get("past", "")
    if "\0" in text or (past and not (past.isascii() and past.isdigit() and len(past) < 19)):
        raise NonsenseError("This cannot be searched.")
    rows = Suppression.objects.order_by("-pk")
    if text:
        # By `postroom_suppression_prefix`, in whatever order the database sorts.
        rows = rows.filter(address__startswith=text.lower())
    if past:
        rows = rows.filter(pk__lt=int(past))
    found = list(rows[: listing.ROWS + 1])
    more = len(found) > listing.ROWS
    context = {
        "title": "Suppression list",
        "section": "suppression",
        "rows": found[: listing.ROWS],
        "asked": text,
        "further": listing.link({"q": text}, past=str(found[-2].pk)) if more else "",
        "can_add": request.user.has_perm(_ADD),
        "can_delete": request.user.has_perm(_DELETE),
    }
    return render(request, "postroom_console/suppression.html", context)


@page(_SEE, _DELETE, methods="GET POST")
def allow(request: HttpRequest, entry_id: int) -> HttpResponse:
    """GET asks; POST takes the address off the list. E-mails that were suppressed stay so."""
    row = Suppression.objects.filter(pk=entry_id).first() if entry_id < 2**63 else None
    if row is None:
        messages.info(request, "This address is no longer on the list.")
        return HttpResponseRedirect(links.to(request, "suppression"))
    if request.method != "POST":
        context = {"title": "Allow an address again", "section": "suppression", "row": row}
        return render(request, "postroom_console/allow.html", context)
    with transaction.atomic():
        record(request, Suppression.objects.filter(pk=row.pk), "Allowed again.", "DELETION")
        row.delete()
    log.warning("address_allowed", by=account_of(request.user))
    messages.success(request, f"{row.address} gets e-mail again.")
    return HttpResponseRedirect(links.to(request, "suppression"))


def _add(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(_ADD):
        raise PermissionDenied("You do not have permission to do this.")
    given = {
        name: request.POST.get(name, "").replace("\0", "").strip()[:longest]
        for name, longest in _LONGEST.items()
    }
    try:
        address = check_address(request.POST.get("address", "").strip(), "address")[0]
        with transaction.atomic():
            row = Suppression.objects.create(address=address, **given)
            message = f"Suppressed. {given['reason']}".strip()
            record(request, Suppression.objects.filter(pk=row.pk), message, "ADDITION")
    except EmailRequestError as error:
        messages.error(request, f"Not added: {error}")
    except IntegrityError:
        messages.info(request, f"{address} is on the list already.")
    else:
        log.warning("address_suppressed", by=account_of(request.user))
        messages.success(request, f"{row.address} gets no more e-mail, except of high priority.")
    return HttpResponseRedirect(links.to(request, "suppression"))
