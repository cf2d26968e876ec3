"""Files attached to e-mails; the bytes of equal files are stored once."""

from django.db import models
from django.db.models.functions import Now

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
    """One attached file: its name and type for the recipient, and a reference to its bytes."""

    email = models.ForeignKey(EmailQueue, on_delete=models.CASCADE, related_name="attachments")
    blob = models.ForeignKey(AttachmentBlob, on_delete=models.PROTECT, related_name="used_by")
    name = models.CharField(max_length=255)
    mimetype = models.CharField(max_length=255)

    class Meta:
        verbose_name = "attachment"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
