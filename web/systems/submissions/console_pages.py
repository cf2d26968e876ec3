"""The console's pages of submissions: each with the e-mails it caused, and what lacks some."""

from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path

from postroom.web.console import links, listing
from postroom.web.console.access import page
from postroom.web.console.errors import NonsenseError
from postroom.web.console.layout import render
from postroom.web.console.recording import record
from postroom.web.console.registry import Section, register
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import list_window
from postroom.web.systems.submissions import mails, queueing
from postroom.web.systems.submissions.kinds import KINDS, FormKind
from postroom.web.systems.submissions.models import MailState, Submission

_SEE: Final = "postroom_submissions.view_inquiry"
_QUEUE: Final = "postroom.requeue_emailqueue"  # what is queued here is e-mail like any other
_KINDS: Final = {kind.page: kind for kind in KINDS}
_NOT_SHOWN: Final = {
    "id", "address_hash", "client_hash", "mail_state", "mail_error", "created_at", "file_content",
}  # fmt: skip


@page(_SEE)
def submissions(request: HttpRequest) -> HttpResponse:
    """Those of one form, newest first; with `mail=missing` those whose e-mails are not queued."""
    kind = _kind(request, request.GET.get("form", "") or KINDS[0].page)
    missing, past = request.GET.get("mail", ""), request.GET.get("past", "")
    if missing not in ("", "missing"):
        raise NonsenseError("'mail' is empty, or missing.")
    if past and not (past.isascii() and past.isdigit() and len(past) < 19):
        raise NonsenseError("'past' is the number of a submission.")
    rows = kind.model._default_manager.order_by("-pk")
    rows = rows.only("pk", "name", "email", "created_at", "mail_state", "mail_error")
    if missing:
        rows = rows.exclude(mail_state=MailState.QUEUED)
    found = list((rows.filter(pk__lt=int(past)) if past else rows)[: listing.ROWS + 1])
    values = {"form": kind.page, "mail": missing}
    may = [one for one in KINDS if request.user.has_perm(_permission(one))]
    context = {
        "title": "Submissions",
        "section": "submissions",
        "kind": kind,
        "rows": found[: listing.ROWS],
        "missing": missing,
        "missing_link": listing.link(values, mail="" if missing else "missing"),
        "tabs": [
            listing.Tab(one.title, listing.link({"form": one.page}), "", one is kind) for one in may
        ],
        "further": listing.link(values, past=str(found[-2].pk)) if found[listing.ROWS :] else "",
    }
    return render(request, "submissions/console/submissions.html", context)


@page(_SEE)
def submission(request: HttpRequest, form: str, number: int) -> HttpResponse:
    """What was sent, and the e-mails it caused."""
    kind = _kind(request, form)
    row = _row(kind, number)
    context = {
        "title": row.reference,
        "section": "submissions",
        "kind": kind,
        "row": row,
        "facts": _facts(row),
        "emails": _emails(row) if request.user.has_perm("postroom.view_emailqueue") else [],
        "can_queue": row.mail_state != MailState.QUEUED and request.user.has_perm(_QUEUE),
    }
    return render(request, "submissions/console/submission.html", context)


@page(_SEE, _QUEUE, methods="POST")
def queue(request: HttpRequest, form: str, number: int) -> HttpResponse:
    """Queue the e-mails that it lacks."""
    kind = _kind(request, form)
    row = _row(kind, number)
    if problem := queueing.queue_missing(kind.model, row.pk):
        messages.error(request, f"Still not queued: {problem}")
    else:
        rows = kind.model._default_manager.filter(pk=row.pk)
        record(request, rows, "Queued missing e-mails.")
        messages.success(request, "Its e-mails are queued.")
    return HttpResponseRedirect(links.to(request, "submission", form, row.pk))


def _permission(kind: FormKind) -> str:
    options = kind.model._meta
    return f"{options.app_label}.view_{options.model_name}"


def _kind(request: HttpRequest, name: str) -> FormKind:
    kind = _KINDS.get(name)
    if kind is None:
        raise Http404(f"There is no form {name!r}.")
    if not request.user.has_perm(_permission(kind)):
        raise PermissionDenied("You do not have permission to see or do this.")
    return kind


def _row(kind: FormKind, number: int) -> Submission:
    row = kind.model._default_manager.filter(pk=number).first() if number < 2**63 else None
    if row is None:
        raise Http404("There is no such submission.")
    return row


def _facts(row: Submission) -> list[tuple[str, Any]]:
    """What the sender typed: names of the fields, and values."""
    fields = [field for field in row._meta.fields if field.name not in _NOT_SHOWN]
    return [
        (
            str(field.verbose_name),
            getattr(row, f"get_{field.name}_display")()
            if field.choices
            else getattr(row, field.name),
        )
        for field in fields
    ]


def _emails(row: Submission) -> list[Any]:
    """Those queued soon after it; one that was queued much later is found by its address."""
    first = list_window.first_id_since(row.created_at)
    window = (
        list_window.EVERYTHING
        if first is None
        else list_window.Window(low=first, high=first + list_window.SPAN)
    )
    rows = EmailQueue.objects.filter(window.on("pk"), **mails.about(row))
    return list(rows.only("pk", "email_type", "status", "created_at").order_by("pk")[:20])


register(
    Section(
        "submissions",
        "Submissions",
        80,
        _SEE,
        (
            path("submissions/", submissions, name="submissions"),
            path("submissions/<slug:form>/<int:number>/", submission, name="submission"),
            path("submissions/<slug:form>/<int:number>/queue/", queue, name="submission_queue"),
        ),
        key="f",
    )
)
