"""The admin pages of submissions: read, search, download; read-only."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header

from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
)


class SubmissionAdmin(ModelAdmin):
    """Read-only records, newest first."""

    show_full_result_count = False
    date_hierarchy = "created_at"
    list_per_page = 50
    own_columns: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ("id", "address_hash", "client_hash")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Sender and time, with the columns of the kind between."""
        return ("reference", "name", "email", *self.own_columns, "created_at")

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
    list_filter = ("topic", "created_at")
    search_fields = ("name", "email", "message")


@admin.register(EventRegistration)
class EventRegistrationAdmin(SubmissionAdmin):
    own_columns = ("event", "seats")
    list_filter = ("event", "created_at")
    search_fields = ("name", "email", "organisation")


@admin.register(AwardNomination)
class AwardNominationAdmin(SubmissionAdmin):
    own_columns = ("nominee_name", "category")
    list_filter = ("category", "created_at")
    search_fields = ("name", "email", "nominee_name", "nominee_organisation")


@admin.register(SpeakerSubmission)
class SpeakerSubmissionAdmin(SubmissionAdmin):
    own_columns = ("talk_title", "file")
    list_filter = ("created_at",)
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
        return format_html(
            '<a class="text-primary-600 underline" href="{}">{}</a>', address, record.file_name
        )

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The PDF as a download: a stranger's file is never displayed on our own site."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        record = get_object_or_404(SpeakerSubmission, pk=pk)
        response = HttpResponse(bytes(record.file_content), content_type="application/pdf")
        response["Content-Disposition"] = content_disposition_header(True, record.file_name)
        return response
