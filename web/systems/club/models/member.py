"""The members of the club, and the offices they hold."""

from django.db import models

from postroom.web.emails.models.address_fields import AddressField
from postroom.web.text_rules import one_line


class Member(models.Model):
    """A member of the club; only active members receive e-mails."""

    name = models.CharField(max_length=120, validators=[one_line])
    email = AddressField("E-mail", blank=True, help_text="Empty: receives no e-mails.")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class MemberRole(models.Model):
    """One office of one member."""

    class Role(models.TextChoices):
        DUTY_OFFICER = "duty_officer", "Duty officer"
        INSTRUCTOR = "instructor", "Instructor"
        CHIEF_INSTRUCTOR = "chief_instructor", "Chief instructor"
        SUPERVISOR = "supervisor", "Supervisor of instructors"
        BOARD = "board", "Board"
        MAINTENANCE = "maintenance", "Maintenance team"
        LEADERSHIP = "leadership", "Leadership"
        DUTY_FALLBACK = "duty_fallback", "Fall-back where there is no duty officer"

    member = models.ForeignKey(Member, models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        verbose_name = "role"
        constraints = [
            models.UniqueConstraint(
                name="postroom_club_member_role_once", fields=["role", "member"]
            )
        ]

    def __str__(self) -> str:
        return self.get_role_display()
