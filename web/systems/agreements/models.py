"""Memoranda of understanding and their events."""

from django.core.exceptions import ValidationError
from django.db import models

from postroom.shared.addresses import comparison_key
from postroom.web.emails.models.address_fields import AddressField
from postroom.web.text_rules import one_line


class MOU(models.Model):
    """An agreement with another organisation, from its first day to its last."""

    title = models.CharField(max_length=200, validators=[one_line])
    organization = models.CharField(max_length=200, validators=[one_line])
    start_date = models.DateField()
    end_date = models.DateField(help_text="The last day on which it is in force.")
    mou_coordinator_email = AddressField(
        "MOU coordinator", blank=True, help_text="The partner's coordinator. Empty: not reminded."
    )
    staff_coordinator_email = AddressField(
        "Staff coordinator", blank=True, help_text="Our own coordinator. Empty: not reminded."
    )

    class Meta:
        verbose_name = "MOU"
        ordering = ["end_date", "pk"]
        indexes = [models.Index(name="postroom_agreement_mou_end", fields=["end_date"])]
        constraints = [
            models.CheckConstraint(
                name="postroom_agreement_mou_dates",
                condition=models.Q(end_date__gte=models.F("start_date")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.organization})"

    def clean(self) -> None:
        """Check the dates.

        Raises:
            ValidationError: the last day is before the first.
        """
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValidationError({"end_date": "The end date is before the start date."})

    @property
    def coordinator_emails(self) -> list[str]:
        """Addresses of both coordinators, the partner's first; one when they are one person."""
        found: dict[str, str] = {}
        for address in (self.mou_coordinator_email, self.staff_coordinator_email):
            if address:
                found.setdefault(comparison_key(address), address)
        return list(found.values())


class MOUEvent(models.Model):
    """Something both sides agreed to do by a date."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        COMPLETED = "completed", "Completed"

    mou = models.ForeignKey(MOU, models.CASCADE, related_name="events", verbose_name="MOU")
    title = models.CharField(max_length=200, validators=[one_line])
    date = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)

    class Meta:
        verbose_name = "event"
        ordering = ["date", "pk"]

    def __str__(self) -> str:
        return self.title
