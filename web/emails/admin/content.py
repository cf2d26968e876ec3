"""An e-mail's content in the admin: the sandboxed preview, and its files to download."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from postroom.web.adminkit.links import page_of
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.showing import content


def may_read(model_admin: Any, request: HttpRequest) -> bool:
    """Whether this user may read message contents."""
    return bool(model_admin.has_view_permission(request) and request.user.has_perm(content.READ))


def frame(model_admin: Any, request: HttpRequest, email_id: int) -> HttpResponse:
    """The HTML part as a sandboxed page."""
    if not may_read(model_admin, request):
        raise PermissionDenied
    email = get_object_or_404(EmailQueue, pk=email_id)
    content.refuse_hidden(email)
    if request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe":
        # Opened outside its frame, its links would work.
        return HttpResponseRedirect(page_of(model_admin, "postroom_emailqueue_change", email_id))
    return content.framed(email)


def download(
    model_admin: Any, request: HttpRequest, email_id: int, attachment_id: int
) -> HttpResponse:
    """One attached file, as a download that the browser does not open."""
    if not may_read(model_admin, request):
        raise PermissionDenied
    return content.download(email_id, attachment_id)
