"""Parcels: a table, a proxy, and a child with a table of its own."""

from django.db import models


class Parcel(models.Model):
    class State(models.TextChoices):
        NEW = "new", "New"
        SENT = "sent", "Sent"
        LOST = "lost", "Lost"

    name = models.CharField(max_length=50)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    weight = models.DecimalField(max_digits=6, decimal_places=1, default=1)
    contact = models.CharField(max_length=200, default="ann@example.org")
    sender = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    watchers = models.CharField(max_length=200, blank=True)
    box = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)
    fragile = models.BooleanField(default=False)
    due = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class FragileParcel(Parcel):
    class Meta:
        proxy = True


class InsuredParcel(Parcel):
    claim = models.CharField(max_length=10, default="none")
