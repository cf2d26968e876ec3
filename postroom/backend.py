"""`EMAIL_BACKEND = "postroom.backend.EmailBackend"`: what Django sends goes through the queue."""

from postroom.web.backend.email_backend import EmailBackend
from postroom.web.emails.errors import UnsupportedMessageError

__all__ = ["EmailBackend", "UnsupportedMessageError"]
