"""What happened to e-mails, attempt by attempt and address by address: lists to look at."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from web.emails.admin import badges
from web.emails.admin.read_only import ReadOnlyAdmin
from web.emails.models import EmailLog, EmailRecipient


def _link(email_id: int) -> SafeString:
    address = reverse("admin:emails_emailqueue_change", args=(email_id,))
    return format_html('<a class="email-link" href="{}">#{}</a>', address, email_id)


class _BelongsToEmail(ReadOnlyAdmin):
    """A list whose rows lead to their e-mail."""

    show_full_result_count = False

    class Media:
        css = {"all": ["emails/admin.css"]}

    @display(description="E-mail")
    def of(self, row: EmailLog | EmailRecipient) -> SafeString:
        return _link(row.email_id)

    @display(description="Reply")
    def reply(self, row: EmailLog | EmailRecipient) -> SafeString:
        text = f"{row.smtp_code or ''} {row.smtp_reply}".strip() or "-"
        return format_html('<span class="email-cut">{}</span>', text)


@admin.register(EmailLog)
class EmailLogAdmin(_BelongsToEmail):
    """Every attempt of every e-mail."""

    list_display = (
        "created_at", "of", "attempt", "result", "phase", "reply", "problem", "repeat",
        "duration_ms", "mailer",
    )  # fmt: skip
    list_filter = ("outcome", "possible_repeat")
    search_fields = ("=email__id", "=mailer")
    search_help_text = "E-mail id or mailer"
    fields = (
        "email", "attempt", "outcome", "possible_repeat", "phase", "smtp_code", "smtp_reply",
        "error", "duration_ms", "mailer", "task_name", "claim_token", "created_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailLog]:
        """The page of one attempt names its e-mail."""
        return EmailLog.objects.select_related("email").only("email__email_type", *self.fields)

    @display(description="Outcome", label=badges.OUTCOME_COLOURS)
    def result(self, row: EmailLog) -> tuple[str, str]:
        return row.outcome, row.get_outcome_display()

    @display(description="Error")
    def problem(self, row: EmailLog) -> SafeString:
        return format_html('<span class="email-cut">{}</span>', row.error or "-")

    @display(description="Repeat?", label={"possible": "warning"})
    def repeat(self, row: EmailLog) -> tuple[str, str] | str:
        return ("possible", "Possible") if row.possible_repeat else ""


@admin.register(EmailRecipient)
class EmailRecipientAdmin(_BelongsToEmail):
    """Every address of every e-mail."""

    list_display = ("address", "kind", "state", "reply", "of")
    list_filter = ("status", "kind")
    search_fields = ("address",)
    search_help_text = "Address"

    @display(description="State", label=badges.RECIPIENT_COLOURS)
    def state(self, row: EmailRecipient) -> tuple[str, str]:
        return row.status, row.get_status_display()
