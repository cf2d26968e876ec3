"""The admin pages of submissions: read, search, download, queue missing e-mails; else read-only."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from postroom.web.adminkit.look import display
from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.emails.admin.about import EmailsAboutMixin
from postroom.web.systems.submissions import queueing
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    MailState,
    SpeakerSubmission,
    Submission,
)

# The operators' permission: what is queued here is e-mail like any other.
_QUEUE = "postroom.requeue_emailqueue"
_COLOURS = {
    MailState.QUEUED.value: "success",
    MailState.NO_CONFIRMATION.value: "danger",
    MailState.NO_NOTICE.value: "danger",
    MailState.NONE.value: "danger",
}


class SubmissionAdmin(EmailsAboutMixin, ModelAdmin):
    """Read-only records, newest first."""

    show_full_result_count = False
    date_hierarchy = "created_at"
    list_per_page = 50
    own_columns: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ("id", "address_hash", "client_hash")
    actions = ("queue_mail",)
    change_form_template = "admin/postroom_submissions/change_form.html"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Sender and time, with the columns of the kind between."""
        return ("reference", "name", "email", *self.own_columns, "mail", "created_at")

    @display(description="E-mails", label=_COLOURS)
    def mail(self, record: Submission) -> tuple[str, str]:
        state = MailState(record.mail_state)
        return state.value, str(state.label)

    def has_queue_permission(self, request: HttpRequest) -> bool:
        """Whether the user may queue missing e-mails."""
        return request.user.has_perm(_QUEUE)

    @admin.action(description="Queue missing e-mails", permissions=["queue"])
    def queue_mail(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Queue what the selected submissions lack; show why the first of the others cannot be."""
        done, problems = 0, []
        marked = queryset.exclude(mail_state=MailState.QUEUED).order_by("pk")
        for record in marked.only("pk", "mail_state"):
            if problem := queueing.queue_missing(self.model, record.pk):
                problems.append(f"{record.reference}: {problem}")
            else:
                done += 1
                self.log_change(request, record, "Queued missing e-mails.")
        if problems:
            text = f"{len(problems)} still cannot be queued. {problems[0]}"
            self.message_user(request, text, messages.ERROR)
        if done or not problems:
            self.message_user(request, f"E-mails of {done} submissions queued.", messages.SUCCESS)

    def queue_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on a submission's page."""
        if not (self.has_view_permission(request) and self.has_queue_permission(request)):
            raise PermissionDenied
        self.queue_mail(request, self.model._default_manager.filter(pk=pk))
        return HttpResponseRedirect("../change/")

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the button."""
        view = self.admin_site.admin_view(require_POST(self.queue_one))
        return [path("<int:pk>/queue/", view), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page of one submission, with the button where an e-mail is missing."""
        record = context.get("original")
        missing = record is not None and record.mail_state != MailState.QUEUED
        context["can_queue_mail"] = missing and self.has_queue_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Everything the sender typed, without the hashes."""
        return [f.name for f in self.model._meta.fields if f.name not in self.hidden]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only the forms add submissions."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A submission stays as it was sent."""
        return False


@admin.register(Inquiry)
class InquiryAdmin(SubmissionAdmin):
    own_columns = ("topic",)
    list_filter = ("mail_state", "topic", "created_at")
    search_fields = ("name", "email", "message")


@admin.register(EventRegistration)
class EventRegistrationAdmin(SubmissionAdmin):
    own_columns = ("event", "seats")
    list_filter = ("mail_state", "event", "created_at")
    search_fields = ("name", "email", "organisation")


@admin.register(AwardNomination)
class AwardNominationAdmin(SubmissionAdmin):
    own_columns = ("nominee_name", "category")
    list_filter = ("mail_state", "category", "created_at")
    search_fields = ("name", "email", "nominee_name", "nominee_organisation")


@admin.register(SpeakerSubmission)
class SpeakerSubmissionAdmin(SubmissionAdmin):
    own_columns = ("talk_title", "file")
    list_filter = ("mail_state", "created_at")
    search_fields = ("name", "email", "talk_title", "abstract")
    hidden = (*SubmissionAdmin.hidden, "file_name", "file_content")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """With the file as a link."""
        return [*super().get_fields(request, obj), "file"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SpeakerSubmission]:
        """Without the content of files, which no page shows."""
        return super().get_queryset(request).defer("file_content")

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the download of the file."""
        view = self.admin_site.admin_view(self.download)
        return [
            path("<int:pk>/file/", view, name="postroom_submissions_speakersubmission_file"),
            *super().get_urls(),
        ]

    @admin.display(description="File")
    def file(self, record: SpeakerSubmission) -> str:
        """A link that saves the PDF."""
        address = reverse("admin:postroom_submissions_speakersubmission_file", args=[record.pk])
        return format_html('<a class="email-link" href="{}">{}</a>', address, record.file_name)

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The PDF as a download: a stranger's file is never displayed on our own site."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        record = get_object_or_404(SpeakerSubmission, pk=pk)
        response = HttpResponse(bytes(record.file_content), content_type="application/pdf")
        response["Content-Disposition"] = content_disposition_header(True, record.file_name)
        return response
