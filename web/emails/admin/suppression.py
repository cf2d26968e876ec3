"""The suppressed addresses, which get no more e-mail; staff add and delete them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.adminkit.paging import CappedPaginator
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import Suppression
from postroom.web.emails.queueing.addresses import check_address


class SuppressionForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Accepts one address, with or without a name."""

    class Meta:
        model = Suppression
        fields = ("address", "list_id", "reason")

    def clean_address(self) -> str:
        """The same check as for a recipient, so that the address can match one."""
        try:
            return check_address(self.cleaned_data["address"].strip(), "address")[0]
        except EmailRequestError as error:
            raise forms.ValidationError("Enter one e-mail address.") from error


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    """Add and delete; an entry is never edited, so that the history stays correct."""

    form = SuppressionForm
    paginator = CappedPaginator
    show_full_result_count = False
    list_display = ("address", "which", "reason", "created_at")
    list_filter = ("created_at",)
    search_fields = ("address", "list_id")
    ordering = ("-pk",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff delete an entry and add another instead."""
        return False

    @admin.display(description="List")
    def which(self, row: Suppression) -> str:
        return row.list_id or "every list"
