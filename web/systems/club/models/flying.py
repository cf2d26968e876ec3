"""Logsheets and their flights."""

from django.db import models

from postroom.web.systems.club.models.member import Member
from postroom.web.text_rules import one_line


class Logsheet(models.Model):
    """The record of one day of operations; its duty officer makes it final."""

    date = models.DateField()
    airfield = models.CharField(max_length=100, validators=[one_line])
    duty_officer = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="logsheets"
    )
    final = models.BooleanField(default=False)

    class Meta:
        ordering = ["-date", "pk"]
        indexes = [
            models.Index(
                name="postroom_club_logsheet_open", fields=["date"], condition=models.Q(final=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.airfield}, {self.date}"


class Flight(models.Model):
    """One flight of one member."""

    logsheet = models.ForeignKey(Logsheet, models.CASCADE, related_name="flights")
    pilot = models.ForeignKey(Member, models.PROTECT, related_name="flights")
    aircraft = models.CharField(max_length=20, validators=[one_line])
    minutes = models.PositiveSmallIntegerField("Duration", help_text="Minutes")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.aircraft}, {self.minutes} min"
