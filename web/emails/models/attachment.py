"""Parts of e-mails besides their bodies; the bytes of equal files are stored once."""

from django.db import models
from django.db.models.functions import Now

from postroom.shared.message_parts import MAX_CONTENT_ID, Disposition
from postroom.web.emails.models import choices
from postroom.web.emails.models.email import EmailQueue


class AttachmentBlob(models.Model):
    """The bytes of an attachment, stored once however many e-mails have it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveIntegerField(help_text="Bytes")
    content = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return f"{self.sha256[:12]} ({self.size} bytes)"


class EmailAttachment(models.Model):
    """One part of an e-mail besides its bodies, mostly a file; its bytes are in the blob."""

    email = models.ForeignKey(EmailQueue, on_delete=models.CASCADE, related_name="attachments")
    blob = models.ForeignKey(AttachmentBlob, on_delete=models.PROTECT, related_name="used_by")
    name = models.CharField(max_length=255, blank=True)
    mimetype = models.CharField(max_length=255, help_text="With parameters")
    disposition = models.CharField(
        max_length=11,
        choices=choices.DISPOSITIONS,
        default=Disposition.ATTACHMENT.value,
        db_default=Disposition.ATTACHMENT.value,
        help_text="A file, a part within the HTML, or another form of the body",
    )
    content_id = models.CharField(
        max_length=MAX_CONTENT_ID,
        blank=True,
        default="",
        db_default="",
        help_text="Without angle brackets",
    )

    class Meta:
        verbose_name = "attachment"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="postroom_attachment_disposition_known",
                condition=choices.one_of("disposition", Disposition),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.mimetype
