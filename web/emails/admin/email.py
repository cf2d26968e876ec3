"""The list of e-mails, with links to the page of each."""

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from postroom.shared.status import REQUEUEABLE, Status
from postroom.web.adminkit.cells import shorten, span_since, span_until, with_time
from postroom.web.adminkit.look import display
from postroom.web.emails import erasing, selectors
from postroom.web.emails.admin import badges, bulk_pages, content, email_page, email_urls
from postroom.web.emails.admin.changelist import PastFilter, WindowedAdmin, WindowedList, window_of
from postroom.web.emails.admin.filters import (
    AgeFilter,
    DomainFilter,
    ErrorFilter,
    SourceFilter,
    TaskFilter,
    TypeFilter,
    end_of_age,
)
from postroom.web.emails.admin.related import related_record, related_run
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.operating import list_window, search
from postroom.web.emails.operating.deciding import decisions
from postroom.web.emails.operating.deciding.forecast import Fate, forecast
from postroom.web.emails.showing import content as showing
from postroom.web.protection import csp

# What a requeue would send that its recipients may not want any more.
_ASKED: Final = (Fate.REPEATED, Fate.CANCELLED, Fate.EXPIRED)
_HELD: Final = (Fate.SUPPRESSED, Fate.ERASED, Fate.NOBODY)


@admin.register(EmailQueue)
class EmailQueueAdmin(WindowedAdmin):
    """E-mails by status, type, source and age; failed ones can be requeued."""

    list_display = (
        "id", "state", "kind", "short_subject", "to", "source", "tries", "when", "age",
    )  # fmt: skip
    list_display_links = ("id", "short_subject")
    list_filter = (
        "status", ErrorFilter, TypeFilter, SourceFilter, TaskFilter, "priority", AgeFilter,
        DomainFilter, PastFilter,
    )  # fmt: skip
    sortable_by = ("id",)
    # Only shows the box; `get_search_results` decides what is searched.
    search_fields = ("id",)
    search_help_text = "Search by ID, address, subject…"  # the rest: bulk_entry.html
    actions = ("requeue_failed",)
    before_list = "admin/postroom/emailqueue/bulk_entry.html"
    fields = ("message_id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailQueue]:
        """The rows of the list."""
        return selectors.emails_for_list()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> EmailQueue | None:
        """One e-mail with its content, which the list leaves out."""
        if not object_id.isascii() or not object_id.isdigit() or len(object_id) > 18:
            return None
        return EmailQueue.objects.filter(pk=object_id).first()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search without joins, so that no `distinct()` is needed."""
        window = window_of(request)
        if window.named:
            return queryset, False
        if window is list_window.EVERYTHING and (ids := search.identified(search_term)) is not None:
            return queryset.filter(pk__in=ids), False
        return search.containing(queryset, search_term, window), False

    def window(
        self, changelist: WindowedList, *, past: int | None, rising: bool
    ) -> list_window.Window:
        """Exactly the e-mails that the search names; otherwise a window by status, age or id."""
        ids = search.identified(changelist.query)
        if ids is not None:
            return list_window.named(ids)
        return list_window.of_emails(
            status=changelist.params.get("status__exact", ""),
            before=end_of_age(changelist.params.get(AgeFilter.parameter_name, "")),
            past=past,
            rising=rising,
        )

    def get_urls(self) -> list[Any]:
        """The routes of the admin, and those of `email_urls`."""
        return [*email_urls.of(self), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The list, with the bulk actions this user may run."""
        context = {"bulk_kinds": bulk_pages.offered(request)} | (extra_context or {})
        return super().changelist_view(request, context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: EmailQueue | None = None,
    ) -> Any:
        """The page of one e-mail."""
        if obj is not None:
            context.update(email_page.context(obj, request.user))
            context["related"] = related_record(obj, request, self.admin_site)
            context["run"] = related_run(obj, request, self.admin_site)
            if content.may_read(self, request):
                context.update(showing.context(obj, request.GET.get("tab", "")))
        response = super().render_change_form(request, context, add, change, form_url, obj)
        # A link in the preview cannot load another site's page into the frame.
        csp.keep_frames_here(response)
        return response

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        """Whether the action is shown."""
        return request.user.has_perm("postroom.requeue_emailqueue")

    @admin.action(description="Requeue selected failed e-mails", permissions=["requeue"])
    def requeue_failed(
        self, request: HttpRequest, queryset: QuerySet[EmailQueue]
    ) -> HttpResponse | None:
        """Requeue what plainly can be, and say why not the others; ask where that is not plain."""
        chosen = EmailQueue.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        seen = forecast("requeue", chosen, named=REQUEUEABLE)
        plain = seen.ids_of(Fate.SENT)
        moved = decisions.requeue(plain, request.user)  # type: ignore[arg-type]
        asking = [pk for fate in _ASKED for pk in seen.ids_of(fate)]
        text = f"{moved} requeued."
        if left := seen.everything - moved - len(asking):
            text += f" {left} skipped."
        text += "".join(f" {part.text}" for part in seen.parts if part.fate in _HELD)
        if seen.untouched:
            text += " Only failed, partial, unknown, cancelled, expired and suppressed e-mails can "
            text += "be requeued."
        self.message_user(request, text, messages.SUCCESS if moved else messages.WARNING)
        if not asking:
            return None
        return bulk_pages.ask_selected(self, request, EmailQueue.objects.filter(pk__in=asking))

    @display(description="State", label=badges.STATUS_COLOURS)
    def state(self, email: EmailQueue) -> tuple[str, str]:
        return email.status, email.get_status_display()

    @display(description="Type")
    def kind(self, email: EmailQueue) -> SafeString:
        return shorten(email.email_type)

    @display(description="Subject")
    def short_subject(self, email: EmailQueue) -> SafeString:
        return shorten(erasing.shown_subject(email))

    @display(description="Source")
    def source(self, email: EmailQueue) -> SafeString:
        return shorten(email.source_app or "-")

    @display(description="To")
    def to(self, email: Any) -> SafeString:
        more = email.recipient_count - 1
        if more < 1:
            return shorten(email.first_address or "-")
        first = shorten(email.first_address, narrow=True)
        return format_html('<span class="email-nowrap">{} + {} more</span>', first, more)

    @display(description="Attempts")
    def tries(self, email: EmailQueue) -> str:
        return f"{email.attempts}/{email.max_attempts}"

    @display(description="Next / sent")
    def when(self, email: EmailQueue) -> SafeString | str:
        if email.status == Status.PENDING:
            due = email.next_attempt_at <= timezone.now()
            text = "due now" if due else f"in {span_until(email.next_attempt_at)}"
            return with_time(text, email.next_attempt_at)
        if email.sent_at:
            return with_time(f"{span_since(email.sent_at)} ago", email.sent_at)
        if email.arrived_at:
            return with_time("arrived, says a person", email.arrived_at)
        return "-"

    @display(description="Age")
    def age(self, email: EmailQueue) -> SafeString:
        return with_time(span_since(email.created_at), email.created_at)
