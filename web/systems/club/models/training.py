"""The progress reports that instructors write about students."""

from django.db import models

from postroom.web.systems.club.models.member import Member
from postroom.web.text_rules import one_line


class StudentProgressReport(models.Model):
    """A report on a lesson, overdue after its due date until it is submitted."""

    student = models.ForeignKey(Member, models.CASCADE, related_name="progress_reports")
    lesson = models.CharField(max_length=200, validators=[one_line])
    due_date = models.DateField()
    submitted_on = models.DateField(null=True, blank=True)
    instructor = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="owed_reports"
    )
    supervisor = models.ForeignKey(
        Member, models.SET_NULL, null=True, blank=True, related_name="supervised_reports"
    )

    class Meta:
        ordering = ["due_date", "pk"]
        indexes = [
            models.Index(
                name="postroom_club_report_owed",
                fields=["due_date"],
                condition=models.Q(submitted_on=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.student}: {self.lesson}"
