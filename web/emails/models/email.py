"""`EmailQueue`: one e-mail, and its own outbox."""

from datetime import datetime
from typing import Final

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from postroom.shared.status import OnUnknown, Priority, Status
from postroom.web.emails.models import choices
from postroom.web.emails.models.ordered_json import OrderedJSONField
from postroom.web.emails.models.postgresql import BrinIndex

UNIQUE_KEY: Final = "postroom_email_idempotency_key"  # the constraint's name

_PENDING = Q(status=Status.PENDING.value)
_PROCESSING = Q(status=Status.PROCESSING.value)
# Final states other than completed. Such rows are few, so their index is small.
NOT_WELL = (
    Status.FAILED, Status.PARTIAL, Status.UNKNOWN, Status.CANCELLED, Status.EXPIRED,
    Status.SUPPRESSED,
)  # fmt: skip


class EmailQueue(models.Model):
    """One e-mail: what was requested, its status, and when it is tried next.

    "Due and unpublished" (`pending`, `published_at` empty, `next_attempt_at` reached) means
    "publish me": the relay finds first tries, retries, scheduled and dropped e-mails in this way.
    `status` is written only in `web/emails/transitions.py`, `web/emails/relaying/outbox.py` and
    `mailer/rows/queries.sql`; all times are the database's clock.
    """

    email_type = models.CharField(
        max_length=100, help_text="What kind of e-mail, e.g. inquiry_received"
    )
    subject = models.TextField(blank=True)
    from_email = models.TextField()
    reply_to = OrderedJSONField(default=list, blank=True)
    headers = OrderedJSONField(default=dict, blank=True)
    language = models.CharField(max_length=35, blank=True)
    template_path = models.CharField(max_length=255, blank=True)
    context = OrderedJSONField(default=dict, blank=True)
    html_body = models.TextField(blank=True)
    plain_body = models.TextField(blank=True)
    attachment_count = models.SmallIntegerField(
        default=0, help_text="A mailer that finds fewer files does not send the e-mail"
    )
    sensitive = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its content is never shown, and erased with the last result",
    )
    content_erased_at = models.DateTimeField(
        null=True, blank=True, help_text="It cannot be sent again since then"
    )
    source_app = models.CharField(max_length=100, blank=True)
    related_model_id = models.CharField(max_length=255, blank=True)
    tags = OrderedJSONField(default=list, blank=True)
    metadata = OrderedJSONField(default=dict, blank=True)
    list_id = models.CharField(max_length=255, blank=True)
    task_name = models.CharField(  # noqa: DJ001 - NULL costs nothing in each row
        max_length=100, null=True, blank=True, help_text="The job or notice that queued it"
    )
    task_run = models.BigIntegerField(
        null=True, blank=True, help_text="The number of the job's run that queued it"
    )
    priority = models.CharField(
        max_length=6, choices=choices.PRIORITIES, default=Priority.NORMAL.value
    )
    on_unknown = models.CharField(
        max_length=6,
        choices=choices.ON_UNKNOWN,
        default=OnUnknown.RESEND.value,
        help_text="If the outcome is unknown: resend, or hold for review",
    )
    idempotency_key = models.CharField(max_length=255, blank=True)
    payload_hash = models.CharField(max_length=64, blank=True)
    traceparent = models.CharField(max_length=55, blank=True)

    status = models.CharField(max_length=10, choices=choices.STATUSES, default=Status.PENDING.value)
    message_id = models.CharField(
        max_length=250, help_text="Created once, the same on every attempt (RFC 5322 3.6.4)"
    )
    attempts = models.IntegerField(default=0)
    max_attempts = models.IntegerField()
    last_error = models.TextField(blank=True)

    created_at = models.DateTimeField(db_default=Now(), editable=False)
    queued_at = models.DateTimeField(
        db_default=Now(), help_text="The age limit counts from here; a requeue resets it"
    )
    scheduled_at = models.DateTimeField(null=True, blank=True, help_text="Not before")
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Not after")
    next_attempt_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="The mail server accepted it")
    arrived_at = models.DateTimeField(
        null=True, blank=True, help_text="When a person marked it as arrived"
    )
    arrived_by = models.CharField(  # noqa: DJ001 - NULL costs nothing in each row
        max_length=255, null=True, blank=True, help_text="Who marked it as arrived"
    )

    claim_token = models.UUIDField(null=True, blank=True)
    claimed_by = models.CharField(max_length=255, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    handover_at = models.DateTimeField(
        null=True, blank=True, help_text="Set just before the final dot of a `hold` e-mail"
    )

    class Meta:
        verbose_name = "e-mail"
        verbose_name_plural = "e-mails"
        ordering = ["-id"]
        permissions = [
            ("requeue_emailqueue", "Can requeue an e-mail"),
            ("cancel_emailqueue", "Can cancel an e-mail"),
            ("resolve_emailqueue", "Can decide about an unknown e-mail"),
            ("send_again_emailqueue", "Can send an e-mail again to another address"),
            ("read_emailqueue", "Can read bodies, contexts and files of e-mails"),
        ]
        constraints = [
            models.CheckConstraint(
                name="postroom_email_status_known",
                condition=choices.one_of("status", Status),
            ),
            models.CheckConstraint(
                name="postroom_email_priority_known",
                condition=choices.one_of("priority", Priority),
            ),
            models.CheckConstraint(
                name="postroom_email_on_unknown_known",
                condition=choices.one_of("on_unknown", OnUnknown),
            ),
            models.CheckConstraint(
                name="postroom_email_claim_while_processing",
                condition=(
                    _PROCESSING
                    & Q(claim_token__isnull=False, lease_expires_at__isnull=False)
                    & ~Q(claimed_by="")
                )
                | (~_PROCESSING & Q(claim_token=None, lease_expires_at=None, handover_at=None)),
            ),
            models.CheckConstraint(
                name="postroom_email_sent_at_when_sent",
                condition=~Q(choices.one_of("status", [Status.COMPLETED, Status.PARTIAL]))
                | Q(sent_at__isnull=False)
                | Q(arrived_at__isnull=False),
            ),
            models.CheckConstraint(
                name="postroom_email_attempts_within_limit",
                condition=Q(attempts__gte=0, max_attempts__gte=1)
                & (
                    Q(attempts__lt=models.F("max_attempts"))
                    | (~_PENDING & Q(attempts=models.F("max_attempts")))
                ),
            ),
            models.CheckConstraint(
                name="postroom_email_has_content",
                condition=Q(attachment_count__gte=0)
                & (
                    Q(content_erased_at__isnull=False)
                    | ~Q(template_path="", html_body="", plain_body="")
                ),
            ),
            models.UniqueConstraint(
                name=UNIQUE_KEY,
                fields=["idempotency_key"],
                condition=~Q(idempotency_key=""),
            ),
        ]
        # Each partial index serves one frequent query, and none of them holds finished rows, so no
        # query gets slower as these pile up.
        indexes = [
            models.Index(
                name="postroom_email_due",
                fields=["priority", "next_attempt_at"],
                condition=_PENDING & Q(published_at=None),
            ),
            models.Index(
                name="postroom_email_published",
                fields=["priority", "published_at"],
                condition=_PENDING & Q(published_at__isnull=False),
            ),
            models.Index(
                name="postroom_email_lease", fields=["lease_expires_at"], condition=_PROCESSING
            ),
            models.Index(
                name="postroom_email_expiring",
                fields=["expires_at"],
                condition=_PENDING & Q(expires_at__isnull=False),
            ),
            models.Index(
                name="postroom_email_not_well",
                fields=["status", "-id"],
                condition=Q(status__in=[s.value for s in NOT_WELL]),
            ),
            BrinIndex(name="postroom_email_created", fields=["created_at"], autosummarize=True),
            # A run's e-mails; all other rows are not in it.
            models.Index(
                name="postroom_email_run", fields=["task_run"], condition=Q(task_run__isnull=False)
            ),
            # Finds one Message-ID among millions. A filter of more than 512 bytes would be
            # compressed at each insert (see what-speed-costs: Bloom filters).
            BrinIndex(
                OpClass("message_id", name="text_bloom_ops(n_distinct_per_range=250)"),
                name="postroom_email_message_id",
                pages_per_range=16,
                autosummarize=True,
            ),
            # The same for the e-mails about one record.
            BrinIndex(
                OpClass("related_model_id", name="text_bloom_ops(n_distinct_per_range=250)"),
                name="postroom_email_related",
                pages_per_range=16,
                autosummarize=True,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email_type} #{self.pk}"

    @property
    def task(self) -> str:
        """The name of the job, notice or caller that queued it, as its attempts have it.

        The statements `record` in mailer/rows/queries.sql and `take_back` in
        web/emails/relaying/outbox.py have the same rule.
        """
        return self.task_name or self.source_app or self.email_type

    @property
    def ready_at(self) -> datetime:
        """When it became ready to go: the Date field, the same on every try (RFC 5322 3.6.1).

        The statement `claim` in mailer/rows/queries.sql has the same rule.
        """
        return max(filter(None, (self.created_at, self.queued_at, self.scheduled_at)))
