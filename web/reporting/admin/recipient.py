"""The recipients on a schedule's page: staff add and remove them, and change nothing else."""

from typing import Any

from django import forms
from django.http import HttpRequest

from postroom.web.adminkit.cells import exact_time
from postroom.web.adminkit.inlines import UntitledInline
from postroom.web.adminkit.look import display
from postroom.web.adminkit.people import PeopleMixin
from postroom.web.reporting import subscriptions
from postroom.web.reporting.errors import RecipientError
from postroom.web.reporting.models import ReportSchedule, ReportScheduleRecipient


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A new recipient."""

    def clean_user(self) -> Any:
        """The same rules as in the REST API."""
        user = self.cleaned_data["user"]
        try:
            # A schedule that is being created has no row yet to refer to.
            known = self.instance.schedule_id is not None
            subscriptions.check(self.instance.schedule if known else ReportSchedule(), user)
        except RecipientError as error:
            raise forms.ValidationError(str(error)) from error
        return user


class RecipientInline(PeopleMixin, UntitledInline):
    """The recipients; only they themselves subscribe and unsubscribe."""

    model = ReportScheduleRecipient
    form = RecipientForm
    fields = ("user", "is_subscribed", "since", "left")
    readonly_fields = ("is_subscribed", "since", "left")
    people = ("user",)
    extra = 0

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A row keeps its user: the links in e-mails already sent unsubscribe that user."""
        return False

    @display(description="Subscribed since")
    def since(self, row: ReportScheduleRecipient) -> str:
        return exact_time(row.subscribed_at) if row.pk and row.is_subscribed else "-"

    @display(description="Unsubscribed")
    def left(self, row: ReportScheduleRecipient) -> str:
        return exact_time(row.unsubscribed_at) if row.unsubscribed_at else "-"
