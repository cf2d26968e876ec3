"""Signals for a site's own receivers: `from postroom.signals import email_queued`."""

from postroom.web.emails.signals import email_queued, list_joined, list_left

__all__ = ["email_queued", "list_joined", "list_left"]
