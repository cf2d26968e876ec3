"""What was ordered."""

from django.db import models


class Order(models.Model):
    """One order."""

    address = models.EmailField()
    cents = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"Bestellung {self.pk}"
