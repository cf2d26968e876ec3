"""`ApiToken`: gives a user access to the API; the secret itself is not stored."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class ApiToken(models.Model):
    """One token of one user. Only its hash is stored: the token cannot be read here."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, blank=True, help_text="What it is used for")
    digest = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of the token, in hex"
    )
    read_only = models.BooleanField(
        default=False, help_text="It may read what its user may read, and change nothing"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Refused from then on; empty: never"
    )
    last_used_at = models.DateTimeField(
        null=True, editable=False, help_text="To the hour: not every request writes"
    )

    class Meta:
        verbose_name = "API token"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name or f"API token #{self.pk}"
