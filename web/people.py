"""Users, whatever model the site has: names, addresses, and how queries reach them."""

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q

# Columns that keep the name of an account that may be deleted.
LONGEST_NAME: Final = 254


def account_of(user: Any) -> str:
    """What the user logs in with, cut to what our columns hold."""
    return str(user.get_username())[:LONGEST_NAME]


def name_of(user: Any) -> str:
    """The full name where the user model has one, else what the user logs in with."""
    full: Any = getattr(user, "get_full_name", None)
    return str((full() if full else "") or user.get_username())


def address_of(user: Any) -> str:
    """The e-mail address; empty if the user, or the user model, has none."""
    if not isinstance(user, AbstractBaseUser):
        return ""
    return str(getattr(user, user.get_email_field_name(), "") or "")


def account_field(path: str = "") -> str:
    """The lookup of the login name, from the foreign key `path`: `user__username`."""
    return _below(path, get_user_model().USERNAME_FIELD)


def address_field(path: str = "") -> str:
    """The lookup of the address; empty if the user model has no such field."""
    model: Any = get_user_model()
    name = model.get_email_field_name()
    return _below(path, name) if _has(name) else ""


def active(path: str = "") -> Q:
    """Users who may log in; all of them if the user model has no field `is_active`."""
    return Q(**{_below(path, "is_active"): True}) if _has("is_active") else Q()


def _below(path: str, name: str) -> str:
    return f"{path}__{name}" if path else name


def _has(name: str) -> bool:
    try:
        get_user_model()._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return True
