"""The queue's app: `INSTALLED_APPS += ["postroom"]`."""

from postroom.web.emails.apps import EmailsConfig

__all__ = ["EmailsConfig"]
