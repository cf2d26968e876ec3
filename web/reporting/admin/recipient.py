"""The recipients on a schedule's page: added and taken off; the rest is the recipient's own."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.decorators import display

from postroom.web.adminkit.cells import exact_time
from postroom.web.adminkit.inlines import UntitledInline
from postroom.web.reporting import subscriptions
from postroom.web.reporting.models import ReportSchedule, ReportScheduleRecipient


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A new recipient."""

    def clean_user(self) -> Any:
        """The same rules as by REST."""
        user = self.cleaned_data["user"]
        try:
            # A schedule that is being made has no row yet that ours could point to.
            known = self.instance.schedule_id is not None
            subscriptions.check(self.instance.schedule if known else ReportSchedule(), user)
        except subscriptions.RecipientError as error:
            raise forms.ValidationError(str(error)) from error
        return user


class RecipientInline(UntitledInline):
    """Who gets it; subscribing and unsubscribing is the recipient's own."""

    model = ReportScheduleRecipient
    form = RecipientForm
    fields = ("user", "is_subscribed", "since", "left")
    readonly_fields = ("is_subscribed", "since", "left")
    autocomplete_fields = ("user",)
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row stays its user's: links in mails that were sent unsubscribe whoever has it."""
        return False

    @display(description="Subscribed since")
    def since(self, row: ReportScheduleRecipient) -> str:
        return exact_time(row.subscribed_at) if row.pk and row.is_subscribed else "-"

    @display(description="Unsubscribed")
    def left(self, row: ReportScheduleRecipient) -> str:
        return exact_time(row.unsubscribed_at) if row.unsubscribed_at else "-"
