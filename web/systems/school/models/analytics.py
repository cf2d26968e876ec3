"""The times of refreshes, and summaries cached until the next refresh."""

from django.db import models
from django.db.models.functions import Now


class ViewRefresh(models.Model):
    """The last refresh of one materialised view."""

    view = models.CharField(max_length=63, primary_key=True)
    refreshed_at = models.DateTimeField()
    seconds = models.FloatField()

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.view


class CachedSummary(models.Model):
    """A report's summary for one period: a cache that all hosts share, in the database."""

    key = models.CharField(max_length=100, primary_key=True)
    content = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
