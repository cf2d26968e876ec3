"""Read-only lists of all attempts and all recipients."""

from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from postroom.web.adminkit.cells import exact_time, shorten
from postroom.web.adminkit.links import page_of
from postroom.web.adminkit.look import display
from postroom.web.emails.admin import badges
from postroom.web.emails.admin.changelist import PastFilter, WindowedAdmin, WindowedList, window_of
from postroom.web.emails.admin.filters import (
    AttemptDomainFilter,
    AttemptTaskFilter,
    AttemptTypeFilter,
)
from postroom.web.emails.models import EmailLog, EmailRecipient
from postroom.web.emails.operating import list_window, search
from postroom.web.emails.operating.deciding.spoken import spoken

_MOST_ATTEMPTS: Final = 1000


class _BelongsToEmail(WindowedAdmin):
    """A list whose rows link to their e-mail."""

    @display(description="E-mail")
    def of(self, row: EmailLog | EmailRecipient) -> SafeString:
        address = page_of(self, "postroom_emailqueue_change", row.email_id)
        return format_html('<a class="email-link" href="{}">#{}</a>', address, row.email_id)

    @display(description="Reply")
    def reply(self, row: EmailLog | EmailRecipient) -> SafeString:
        return shorten(self.answer(row))

    @display(description="Mail server's reply")
    def answer(self, row: EmailLog | EmailRecipient) -> str:
        return f"{row.smtp_code or ''} {row.smtp_reply}".strip() or "-"


def _attempts_of(email_ids: list[int]) -> list[int]:
    rows = EmailLog.objects.filter(email__in=email_ids).order_by("-pk")
    return list(rows.values_list("pk", flat=True)[:_MOST_ATTEMPTS])


@admin.register(EmailLog)
class EmailLogAdmin(_BelongsToEmail):
    """Every attempt of every e-mail."""

    list_display = (
        "time", "of", "task", "attempt", "result", "phase", "reply", "problem", "repeat", "by",
    )  # fmt: skip
    list_filter = (
        "outcome", AttemptTaskFilter, AttemptTypeFilter, AttemptDomainFilter, "possible_repeat",
        PastFilter,
    )  # fmt: skip
    search_fields = ("id",)  # only shows the box
    search_help_text = "Search by e-mail ID, recipient's address, record (mou:4) or mailer name"
    readonly_fields = fields = (
        "time", "of", "attempt", "outcome", "sent_again", "phase", "answer", "error", "took",
        "mailer", "task_name", "claim_token",
    )  # fmt: skip

    def window(
        self, changelist: WindowedList, *, past: int | None, rising: bool
    ) -> list_window.Window:
        """All attempts of the e-mails that the search names."""
        query = changelist.query.strip()
        if query.isascii() and query.isdigit() and len(query) < 19:
            return list_window.named(_attempts_of([int(query)]))
        if (ids := search.identified(query)) is not None:
            return list_window.named(_attempts_of(ids))
        return super().window(changelist, past=past, rising=rising)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By e-mail, or within the window by a recipient's address or a mailer's whole name."""
        if not search_term or window_of(request).named:
            return queryset, False
        if "@" in search_term:
            people = EmailRecipient.objects.filter(email=OuterRef("email"))
            found = search.addresses_containing(people, search_term)
            return queryset.filter(Exists(found)), False
        return queryset.filter(mailer=search_term), False

    @display(description="Task")
    def task(self, row: EmailLog) -> SafeString:
        return shorten(row.task_name)

    @display(description="Time")
    def time(self, row: EmailLog) -> SafeString:
        return exact_time(row.created_at)

    @display(description="Outcome", label=badges.OUTCOME_COLOURS)
    def result(self, row: EmailLog) -> tuple[str, str]:
        return row.outcome, row.get_outcome_display()

    @display(description="Error")
    def problem(self, row: EmailLog) -> SafeString:
        return shorten(row.error or "-")

    @display(description="Repeat?", label={"possible": "warning"})
    def repeat(self, row: EmailLog) -> tuple[str, str] | str:
        return ("possible", "Possible") if row.possible_repeat else ""

    @display(description="Sent again")
    def sent_again(self, row: EmailLog) -> str:
        return "yes, although it may have arrived" if row.possible_repeat else "no"

    @display(description="Took")
    def took(self, row: EmailLog) -> str:
        return "-" if row.duration_ms is None else f"{row.duration_ms} ms"

    @display(description="Mailer")
    def by(self, row: EmailLog) -> SafeString:
        return shorten(row.mailer or "-")


@admin.register(EmailRecipient)
class EmailRecipientAdmin(_BelongsToEmail):
    """Every address of every e-mail."""

    list_display = ("address", "kind", "state", "reply", "of")
    list_filter = ("status", "kind", PastFilter)
    search_fields = ("address",)
    search_help_text = "Search by address or part of it"
    readonly_fields = fields = (
        "of",
        "kind",
        "address",
        "display_name",
        "status",
        "answer",
        "earlier",
    )

    def window(
        self, changelist: WindowedList, *, past: int | None, rising: bool
    ) -> list_window.Window:
        """All rows of the whole address that the search names."""
        if ids := search.rows_of_address(changelist.query):
            return list_window.named(ids)
        return super().window(changelist, past=past, rising=rising)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Addresses in the window that contain the text, unless it is a whole address."""
        if not search_term or window_of(request).named:
            return queryset, False
        return search.addresses_containing(queryset, search_term), False

    @display(description="State", label=badges.RECIPIENT_COLOURS)
    def state(self, row: EmailRecipient) -> tuple[str, str]:
        return row.status, row.get_status_display()

    @display(description="Replies before each requeue")
    def earlier(self, row: EmailRecipient) -> SafeString | str:
        lines = [
            (spoken(datetime.fromisoformat(entry["until"])), entry["status"],
             f"{entry['code'] or ''} {entry['reply']}".strip())
            for entry in row.earlier_replies or []
        ]  # fmt: skip
        return format_html_join(mark_safe("<br>"), "Until {}: {} {}", lines) or "-"
