"""`EmailsAboutMixin`: a record's page in the admin shows the e-mails about it."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from postroom.web.adminkit.cells import exact_time
from postroom.web.adminkit.links import page_of
from postroom.web.adminkit.look import badge
from postroom.web.emails.admin import badges
from postroom.web.emails.operating.about import emails_about

SEE: Final = "postroom.view_emailqueue"
_SHOWN: Final = 10
_FIELD: Final = "emails_about_this"


class EmailsAboutMixin:
    """A last section "E-mails about this", for users who may see e-mails.

    Put it before `ModelAdmin`. An e-mail is about the record that its `related_model_id` and
    `source_app` name.
    """

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the section, on the page of a stored record."""
        given = super().get_fieldsets(request, obj)  # type: ignore[misc]
        # Where no fields are named, Django takes all of the read-only ones.
        found = [
            (title, {**options, "fields": [one for one in options["fields"] if one != _FIELD]})
            for title, options in given
        ]
        if _is_shown(request, obj):
            found.append((None, {"fields": [_FIELD]}))
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the section's only field."""
        found = super().get_readonly_fields(request, obj)  # type: ignore[misc]
        return (*found, _FIELD) if _is_shown(request, obj) else found

    @admin.display(description="E-mails about this")
    def emails_about_this(self, record: Any) -> SafeString | str:
        """The newest ones, and a link to all of them."""
        emails = emails_about(record, _SHOWN + 1)
        if not emails:
            return "None."
        return listed(self, emails[:_SHOWN], emails[0].related_model_id if emails[_SHOWN:] else "")


def _is_shown(request: HttpRequest, record: Any) -> bool:
    return record is not None and record.pk is not None and request.user.has_perm(SEE)


def listed(model_admin: Any, emails: Any, search: str = "") -> SafeString:
    """E-mails with state and time, each linked; and a link to all that `search` finds."""
    rows = format_html_join(
        "",
        '<li><a class="email-link" href="{}">#{}</a> {} {} {}</li>',
        (
            (
                page_of(model_admin, "postroom_emailqueue_change", email.pk),
                email.pk,
                email.email_type,
                badge(email.get_status_display(), badges.STATUS_COLOURS[email.status]),
                exact_time(email.created_at),
            )
            for email in emails
        ),
    )
    every = found_by(model_admin, search, "All of them") if search else ""
    return format_html('<ul class="email-about">{}</ul>{}', rows, every)


def found_by(model_admin: Any, search: str, text: str) -> SafeString:
    """A link to the list of e-mails that `search` finds."""
    page = page_of(model_admin, "postroom_emailqueue_changelist")
    return format_html(
        '<a class="email-link" href="{}?{}">{}</a>', page, urlencode({"q": search}), text
    )
