"""An e-mail's content in the console: the sandboxed preview, and its files to download."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404

from postroom.web.console import links
from postroom.web.console.access import SEE, page
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.showing import content


@page(SEE, content.READ)
def frame(request: HttpRequest, email_id: int) -> HttpResponse:
    """The HTML part as a sandboxed page."""
    email = get_object_or_404(EmailQueue, pk=email_id)
    content.refuse_hidden(email)
    if request.headers.get("Sec-Fetch-Dest", "iframe") != "iframe":
        # Opened outside its frame, its links would work.
        return HttpResponseRedirect(links.to(request, "email", email_id))
    return content.framed(email)


@page(SEE, content.READ)
def download(request: HttpRequest, email_id: int, attachment_id: int) -> HttpResponse:
    """One attached file, as a download that the browser does not open."""
    return content.download(email_id, attachment_id)
