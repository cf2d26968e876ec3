"""What is kept about notices: failures, people's preferences, what waits, and counts."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from postroom.web.emails.models.address_fields import AddressField, AddressKeyField


class NoticeFailure(models.Model):
    """A notice that could not be built, and why; commits with the change itself."""

    model = models.CharField(max_length=200, help_text="app.model of the changed row")
    object_id = models.CharField(max_length=255)
    field = models.CharField(max_length=100)
    template = models.CharField(max_length=255)
    old_label = models.TextField(blank=True)
    new_label = models.TextField(blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField()
    error = models.TextField()
    traceback = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(
        "sent at", null=True, editable=False, help_text="When it was sent later; empty: not sent"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = "failed notice"
        permissions = [("send_noticefailure", "Can send a failed notice again")]
        indexes = [
            models.Index(
                name="postroom_notice_failure_open",
                fields=["-id"],
                condition=models.Q(sent_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.object_id}: {self.field}"


class How(models.TextChoices):
    """How a person wants the notices of one kind."""

    NOW = "now", "At once"
    DAILY = "daily", "Once a day, together"
    OFF = "off", "Not at all"


class NoticePreference(models.Model):
    """How one person wants the notices of one kind; without a row, at once.

    A person is a user, or an address where a declaration names only that.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    address = AddressKeyField(max_length=320, blank=True, help_text="Of a person without account")
    kind = models.CharField(max_length=100, help_text="The e-mail type of the notice")
    how = models.CharField(max_length=5, choices=How, default=How.NOW)
    timezone = models.CharField(
        "time zone", max_length=64, blank=True, help_text="Of the daily digest; empty: the site's"
    )
    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["kind", "pk"]
        verbose_name = "preference"
        constraints = [
            models.UniqueConstraint(
                name="postroom_notice_preference_user",
                fields=["user", "kind"],
                condition=Q(user__isnull=False),
            ),
            models.UniqueConstraint(
                name="postroom_notice_preference_address",
                fields=["address", "kind"],
                condition=Q(user=None),
            ),
            models.CheckConstraint(
                name="postroom_notice_preference_person",
                condition=Q(user__isnull=False, address="") | (Q(user=None) & ~Q(address="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.address}: {self.kind} {self.how}"


class PendingNotice(models.Model):
    """A change that one person reads later, together with others; commits with the change.

    Deleted in the transaction that queues the e-mail.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    address = AddressField(max_length=320)
    kind = models.CharField(max_length=100, help_text="The e-mail type of the notice")
    app = models.CharField(max_length=100, help_text="The app of the changed row")
    item = models.CharField(max_length=255, help_text="model:key of the changed row")
    field = models.CharField(max_length=100, help_text="Of the changed row")
    facts = models.JSONField(help_text="What its e-mail would have said")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = "notice for later"
        verbose_name_plural = "notices for later"
        default_permissions = ("view",)
        indexes = [models.Index(name="postroom_notice_pending", fields=["due_at"])]

    def __str__(self) -> str:
        return f"{self.kind}: {self.item}"


class CountedNotice(models.Model):
    """One notice that counts against one limit for an hour (`wishes/limits.py`).

    A row per notice and limit, never updated: so no change waits for another. The key is a keyed
    hash, so the table holds no address.
    """

    key = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="postroom_notice_counted", fields=["key", "created_at"])]

    def __str__(self) -> str:
        return self.key[:12]
