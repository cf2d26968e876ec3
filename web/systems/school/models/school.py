"""The subjects of the reports: students, their tutors and teachers, lessons, progress."""

from django.db import models
from django.db.models import Q

from postroom.web.emails.models.address_fields import AddressField
from postroom.web.text_rules import one_line


class Tutor(models.Model):
    """Looks after some students."""

    name = models.CharField(max_length=200, validators=[one_line])
    email = AddressField(blank=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Teacher(models.Model):
    """Gives lessons in a subject."""

    name = models.CharField(max_length=200, validators=[one_line])
    email = AddressField(blank=True)
    subject = models.CharField(max_length=100, validators=[one_line])

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.subject})"


class Student(models.Model):
    """Takes lessons; has one tutor or none."""

    name = models.CharField(max_length=200, validators=[one_line])
    email = AddressField(blank=True)
    year = models.PositiveSmallIntegerField(help_text="The year of school, from 1.")
    tutor = models.ForeignKey(
        Tutor, models.SET_NULL, null=True, blank=True, related_name="students"
    )
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Lesson(models.Model):
    """One lesson of one student."""

    class Attendance(models.TextChoices):
        ATTENDED = "attended", "Attended"
        MISSED = "missed", "Missed"
        CANCELLED = "cancelled", "Cancelled"

    student = models.ForeignKey(Student, models.CASCADE, related_name="lessons")
    teacher = models.ForeignKey(Teacher, models.CASCADE, related_name="lessons")
    date = models.DateField()
    minutes = models.PositiveSmallIntegerField(default=45)
    attendance = models.CharField(max_length=9, choices=Attendance, default=Attendance.ATTENDED)

    class Meta:
        ordering = ["-date", "-pk"]

    def __str__(self) -> str:
        return f"{self.date}, {self.attendance}"


class Progress(models.Model):
    """One score of a student in a subject."""

    student = models.ForeignKey(Student, models.CASCADE, related_name="progress")
    teacher = models.ForeignKey(Teacher, models.CASCADE, related_name="progress")
    date = models.DateField()
    score = models.PositiveSmallIntegerField(help_text="0 to 100.")

    class Meta:
        verbose_name_plural = "progress"
        ordering = ["-date", "-pk"]
        constraints = [
            models.CheckConstraint(name="postroom_school_score_of_100", condition=Q(score__lte=100))
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.score}"
