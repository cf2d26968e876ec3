"""Addresses: those of an e-mail, and those that get no e-mail any more."""

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now

from postroom.shared.status import RecipientKind, RecipientStatus
from postroom.web.emails.models import choices
from postroom.web.emails.models.address_fields import AddressField, AddressKeyField
from postroom.web.emails.models.email import EmailQueue
from postroom.web.emails.models.ordered_json import OrderedJSONField
from postroom.web.emails.models.postgresql import BrinIndex


class EmailRecipient(models.Model):
    """One address of an e-mail and its outcome; a retry goes only to the pending ones.

    A requeue moves the reply to `earlier_replies`, which only grows.
    """

    # No index of its own: the unique constraint below starts with it.
    email = models.ForeignKey(
        EmailQueue, on_delete=models.CASCADE, related_name="recipients", db_index=False
    )
    kind = models.CharField(max_length=3, choices=choices.RECIPIENT_KINDS)
    address = AddressField(max_length=320)
    display_name = models.CharField(max_length=255, blank=True)
    status = models.CharField(
        max_length=10, choices=choices.RECIPIENT_STATUSES, default=RecipientStatus.PENDING.value
    )
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    smtp_reply = models.TextField(blank=True)
    # NULL in nearly every row: an e-mail that is never requeued pays nothing for it.
    earlier_replies = OrderedJSONField(
        null=True,
        blank=True,
        help_text="What was known before each requeue: status, code, reply, and until when",
    )

    class Meta:
        verbose_name = "recipient"
        ordering = ["id"]
        # One Bloom filter per span of pages finds one address among millions; why not a b-tree:
        # docs/decisions/0011-lists-look-at-a-window.md.
        indexes = [
            BrinIndex(
                # A filter of more than 512 bytes would be compressed at each insert (see
                # what-speed-costs: Bloom filters).
                OpClass(Lower("address"), name="text_bloom_ops(n_distinct_per_range=350)"),
                name="postroom_recipient_address",
                pages_per_range=4,
                autosummarize=True,
            )
        ]
        constraints = [
            models.UniqueConstraint(name="postroom_recipient_once", fields=["email", "address"]),
            models.CheckConstraint(
                name="postroom_recipient_kind_known",
                condition=choices.one_of("kind", RecipientKind),
            ),
            models.CheckConstraint(
                name="postroom_recipient_status_known",
                condition=choices.one_of("status", RecipientStatus),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.address}"


class Suppression(models.Model):
    """An address that gets no more e-mail: at all (`list_id` empty) or of one list.

    Checked when a mailer claims an e-mail. E-mail of high priority (password resets) is still sent.
    """

    # As the statement `claim` compares it: lower(address COLLATE "C") of a recipient.
    address = AddressKeyField(max_length=320, help_text="In lower case")
    list_id = models.CharField(max_length=255, blank=True, help_text="Empty: every list")
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "suppressed address"
        verbose_name_plural = "suppressed addresses"
        constraints = [
            models.UniqueConstraint(
                name="postroom_suppression_once", fields=["address", "list_id"]
            ),
        ]
        indexes = [
            models.Index(
                name="postroom_suppression_prefix",
                fields=["address"],
                opclasses=["varchar_pattern_ops"],  # LIKE 'ann%' in any collation
            ),
        ]

    def __str__(self) -> str:
        return self.address
