"""Signals for a site's own receivers: `from postroom.signals import email_queued`."""

from postroom.web.emails.signals import email_queued

__all__ = ["email_queued"]
