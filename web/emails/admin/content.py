"""An e-mail's content: the sandboxed preview, and its files to download."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from postroom.shared.rendering.renderer import TemplateError
from postroom.web.adminkit.links import page_of
from postroom.web.emails.erasing import why_not_shown
from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.emails.operating import preview

READ = "postroom.read_emailqueue"


def may_read(model_admin: Any, request: HttpRequest) -> bool:
    """Whether this user may read message contents."""
    return bool(model_admin.has_view_permission(request) and request.user.has_perm(READ))


def frame(model_admin: Any, request: HttpRequest, email_id: int) -> HttpResponse:
    """The HTML part as a sandboxed page."""
    if not may_read(model_admin, request):
        raise PermissionDenied
    email = get_object_or_404(EmailQueue, pk=email_id)
    _refuse_hidden(email)
    if request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe":
        # Opened outside its frame, its links would work.
        return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", email_id))
    try:
        content = preview.content_of(email)
    except TemplateError as problem:
        raise Http404(str(problem)) from problem
    return preview.closed_page(content.html)


def download(
    model_admin: Any, request: HttpRequest, email_id: int, attachment_id: int
) -> HttpResponse:
    """One attached file, as a download that the browser does not open."""
    if not may_read(model_admin, request):
        raise PermissionDenied
    files = EmailAttachment.objects.select_related("blob", "email")
    file = get_object_or_404(files, pk=attachment_id, email_id=email_id)
    _refuse_hidden(file.email)
    response = HttpResponse(bytes(file.blob.content), content_type="application/octet-stream")
    response["Content-Disposition"] = (
        content_disposition_header(True, file.name or "part") or "attachment"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _refuse_hidden(email: EmailQueue) -> None:
    if reason := why_not_shown(email):
        raise Http404(reason)
