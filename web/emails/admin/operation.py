"""The mailers that run, and the lanes that are held back: lists to look at."""

from django.contrib import admin

from web.emails.admin.read_only import ReadOnlyAdmin
from web.emails.models import Mailer, QueueControl


@admin.register(Mailer)
class MailerAdmin(ReadOnlyAdmin):
    """Heartbeats."""

    list_display = ("name", "state", "version", "in_flight", "started_at", "last_seen_at")
    ordering = ("-last_seen_at",)


@admin.register(QueueControl)
class QueueControlAdmin(ReadOnlyAdmin):
    """Pauses."""

    list_display = ("lane", "reason", "paused_by", "paused_at")
    ordering = ("lane",)
