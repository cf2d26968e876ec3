"""Mailing lists of a site: `from postroom.lists import register_name`."""

from postroom.web.emails.lists.subscriptions import register_name

__all__ = ["register_name"]
