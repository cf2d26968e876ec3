"""`Counter`: how often something happened in its window of time."""

from django.db import models


class Counter(models.Model):
    """One count. The key is a keyed hash: the table holds no address and no name."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.BigIntegerField()
    expires_at = models.DateTimeField(help_text="The end of the window; it is deleted later")

    class Meta:
        app_label = "postroom_protection"
        indexes = [models.Index(name="postroom_counter_expiry", fields=["expires_at"])]

    def __str__(self) -> str:
        return f"{self.key[:12]}: {self.count}"
