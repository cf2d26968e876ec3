"""URL routes of the forms, as pages and as API."""

from typing import Any

from django.conf import settings
from django.urls import path

from postroom.web.conf import conf
from postroom.web.protection.body import takes_body_of
from postroom.web.systems.submissions import pages
from postroom.web.systems.submissions.api import SubmissionView
from postroom.web.systems.submissions.kinds import KINDS, FormKind

app_name = "submissions"


def _bounded(kind: FormKind, view: Any) -> Any:
    """The view; that of a form with a file takes as much as the file and the fields may have."""
    if "file" not in kind.form.base_fields:
        return view
    return takes_body_of(lambda: settings.SUBMISSION_MAX_FILE_BYTES + conf.request_max_bytes)(view)


urlpatterns = [
    path("", pages.index, name="index"),
    path("thank-you/", pages.thank_you, name="thank-you"),
    *(path(f"{k.page}/", _bounded(k, pages.form_page), {"kind": k}, name=k.page) for k in KINDS),
    *(
        path(f"api/{k.endpoint}/", _bounded(k, SubmissionView.as_view(kind=k)), name=k.endpoint)
        for k in KINDS
    ),
]
