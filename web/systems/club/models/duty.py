"""The duty roster, and the additional days that members propose."""

from django.db import models
from django.utils.translation import pgettext_lazy

from postroom.web.systems.club.models.member import Member
from postroom.web.text_rules import one_line


class DutyAssignment(models.Model):
    """One duty on one day of operations; vacant until a member is assigned."""

    class Duty(models.TextChoices):
        DUTY_OFFICER = "duty_officer", pgettext_lazy("club", "Duty officer")
        ASSISTANT = "assistant", pgettext_lazy("club", "Assistant duty officer")
        INSTRUCTOR = "instructor", pgettext_lazy("club", "Instructor")
        TOW_PILOT = "tow_pilot", pgettext_lazy("club", "Tow pilot")

    date = models.DateField()
    duty = models.CharField(max_length=20, choices=Duty)
    member = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="assignments"
    )

    class Meta:
        ordering = ["date", "pk"]
        indexes = [
            models.Index(name="postroom_club_duty_date", fields=["date"]),
            models.Index(name="postroom_club_duty_member", fields=["member", "date"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="postroom_club_duty_once", fields=["date", "duty", "member"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_duty_display()} on {self.date}"


class AdHocDay(models.Model):
    """A day of operations outside the roster: it takes place once enough people confirm."""

    class Status(models.TextChoices):
        UNCONFIRMED = "unconfirmed", pgettext_lazy("club", "Unconfirmed")
        CONFIRMED = "confirmed", pgettext_lazy("club", "Confirmed")
        EXPIRED = "expired", pgettext_lazy("club", "Expired")

    date = models.DateField(unique=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.UNCONFIRMED)
    proposed_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="proposed_days"
    )
    interested = models.ManyToManyField(Member, blank=True, related_name="interesting_days")
    note = models.CharField(max_length=200, blank=True, validators=[one_line])

    class Meta:
        verbose_name = "ad-hoc day"
        ordering = ["-date"]

    def __str__(self) -> str:
        return f"Ad-hoc day {self.date}"
