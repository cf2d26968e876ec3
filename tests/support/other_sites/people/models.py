"""A user model without `username`, `email`, `first_name` or `get_full_name`."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class PersonManager(BaseUserManager["Person"]):
    """Makes people by their address."""

    def create_superuser(self, address: str, password: str, **fields: Any) -> "Person":
        """Who may do everything."""
        person = self.model(address=address, is_staff=True, is_superuser=True, **fields)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser, PermissionsMixin):
    """Logs in with an address."""

    address = models.EmailField(unique=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = EMAIL_FIELD = "address"
    objects = PersonManager()

    def __str__(self) -> str:
        return self.address
