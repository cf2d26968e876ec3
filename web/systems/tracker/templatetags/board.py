"""The names of kinds on the board."""

from typing import Any

from django import template
from django.utils.text import capfirst

register = template.Library()


@register.filter
def verbose_kind(item: Any) -> str:
    """`User story`."""
    return str(capfirst(item._meta.verbose_name))
