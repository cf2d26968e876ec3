"""Maintenance issues of aircraft."""

from django.db import models

from postroom.web.systems.club.models.member import Member
from postroom.web.text_rules import one_line


class MaintenanceIssue(models.Model):
    """Something to fix; issues that ground their aircraft come first everywhere."""

    aircraft = models.CharField(max_length=20, validators=[one_line])
    description = models.CharField(max_length=500, validators=[one_line])
    grounded = models.BooleanField("Grounds the aircraft", default=False)
    reported_on = models.DateField()
    reported_by = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="reported_issues"
    )
    resolved_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-grounded", "reported_on", "pk"]
        indexes = [
            models.Index(
                name="postroom_club_issue_open",
                fields=["reported_on"],
                condition=models.Q(resolved_on=None),
            ),
            models.Index(name="postroom_club_issue_resolved", fields=["resolved_on"]),
        ]

    def __str__(self) -> str:
        return f"{self.aircraft}: {self.description}"
