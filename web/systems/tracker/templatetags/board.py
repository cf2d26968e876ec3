"""The names of kinds and people on the board."""

from typing import Any

from django import template
from django.utils.text import capfirst

register = template.Library()


@register.filter
def verbose_kind(item: Any) -> str:
    """`User story`."""
    return str(capfirst(item._meta.verbose_name))


@register.filter
def person(user: Any, nobody: str = "") -> str:
    """The full name, or else the user name; `nobody` if there is no user."""
    return (user.get_full_name() or user.get_username()) if user else nobody
