"""URL routes of the forms, as pages and as API."""

from django.urls import path

from postroom.web.systems.submissions import pages
from postroom.web.systems.submissions.api import SubmissionView
from postroom.web.systems.submissions.kinds import KINDS

app_name = "submissions"
urlpatterns = [
    path("", pages.index, name="index"),
    path("thank-you/", pages.thank_you, name="thank-you"),
    *(path(f"{k.page}/", pages.form_page, {"kind": k}, name=k.page) for k in KINDS),
    *(path(f"api/{k.endpoint}/", SubmissionView.as_view(kind=k), name=k.endpoint) for k in KINDS),
]
