"""The four materialised views as read-only models; their SQL is in `migrations/school/`."""

from django.db import models


class StudentSummary(models.Model):
    """One active student: lessons, attendance and scores of all time."""

    student_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=200)
    year = models.PositiveSmallIntegerField()
    tutor_name = models.CharField(max_length=200)
    lessons = models.PositiveIntegerField()
    attended = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    last_lesson = models.DateField(null=True)
    average_score = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    last_score = models.PositiveSmallIntegerField(null=True)

    class Meta:
        managed = False

    def __str__(self) -> str:
        return self.name


class _Week(models.Model):
    """What tutor and teacher weeks share. `week`: its Monday."""

    key = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200)
    week = models.DateField()
    students = models.PositiveIntegerField()
    lessons = models.PositiveIntegerField()
    attended = models.PositiveIntegerField()
    missed = models.PositiveIntegerField()
    average_score = models.DecimalField(max_digits=5, decimal_places=1, null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name}, week of {self.week}"


class TutorWeek(_Week):
    """One tutor's students in one week with lessons."""

    class Meta:
        managed = False


class TeacherWeek(_Week):
    """One teacher's lessons in one week."""

    subject = models.CharField(max_length=100)
    cancelled = models.PositiveIntegerField()
    minutes = models.PositiveIntegerField()

    class Meta:
        managed = False


class SubjectMonth(models.Model):
    """One subject in one month. `month`: its first day."""

    key = models.CharField(max_length=120, primary_key=True)
    subject = models.CharField(max_length=100)
    month = models.DateField()
    lessons = models.PositiveIntegerField()
    attended = models.PositiveIntegerField()
    average_score = models.DecimalField(max_digits=5, decimal_places=1, null=True)

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"{self.subject}, {self.month:%Y-%m}"
