"""The running processes as operators see them, and the pauses operators set."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from postroom.shared.status import Priority


class Mailer(models.Model):
    """The heartbeat of one mailer process, renewed every few seconds."""

    name = models.CharField(max_length=255, primary_key=True)
    version = models.CharField(max_length=50)
    state = models.CharField(max_length=255)
    waiting_for = models.CharField(
        max_length=255,
        default="",
        db_default="",
        help_text="What it waits for: words of shared/waits_for.py",
    )
    reason = models.TextField(
        blank=True, default="", db_default="", help_text="Why, whole: one line for each of them"
    )
    since = models.DateTimeField(db_default=Now(), help_text="Since when it is in this state")
    account = models.CharField(
        "SMTP account", max_length=100, default="default", db_default="default"
    )
    mail_limit = models.TextField(
        "keeps mail from its recipients",
        blank=True,
        default="",
        db_default="",
        help_text="EMAIL_REDIRECT_ALL_TO or EMAIL_ALLOWED_DOMAINS of this mailer, in words",
    )
    in_flight = models.PositiveIntegerField(default=0)
    server = models.CharField("SMTP server", max_length=255, default="", help_text="host:port")
    sessions = models.PositiveIntegerField("SMTP connections", default=0)
    wanting = models.BooleanField(
        "wants more connections",
        default=False,
        help_text="The SMTP server takes fewer connections than this mailer could use.",
    )
    started_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-last_seen_at"]

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """The heartbeat of one relay or scheduler process, renewed every few seconds."""

    kind = models.CharField(max_length=9, choices=[(k, k) for k in ("relay", "scheduler")])
    name = models.CharField(max_length=255, help_text="host:pid")
    version = models.CharField(max_length=50)
    state = models.CharField(max_length=255)
    waiting_for = models.CharField(
        max_length=255,
        default="",
        db_default="",
        help_text="What it waits for: words of shared/waits_for.py",
    )
    reason = models.TextField(
        blank=True, default="", db_default="", help_text="Why, whole: one line for each of them"
    )
    since = models.DateTimeField(db_default=Now(), help_text="Since when it is in this state")
    started_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["kind", "name"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="postroom_heartbeat_once", fields=["kind", "name"])
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class QueueControl(models.Model):
    """A pause of one lane, or of all: e-mails stay `pending` until the row is deleted."""

    lane = models.CharField(max_length=6, primary_key=True, help_text="A priority, or all")
    paused_by = models.CharField(max_length=255, blank=True)
    reason = models.TextField(blank=True)
    paused_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ("view",)
        permissions = [("pause_queuecontrol", "Can pause and resume sending")]
        constraints = [
            models.CheckConstraint(
                name="postroom_control_lane_known",
                condition=Q(lane__in=["all", *[p.value for p in Priority]]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lane} paused"


class Installation(models.Model):
    """Which database this is, in one row that relays write: messages name it."""

    id = models.SmallIntegerField(primary_key=True)
    identity = models.CharField(max_length=16, help_text="16 hexadecimal digits")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(name="postroom_installation_once", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return self.identity
