"""Exceptions of the queue.

* EmailQueueError
  * EmailRequestError (also a ValueError): an argument of the call cannot be used
    * IdempotencyConflictError: its key belongs to another e-mail
    * UnsupportedMessageError: Django's message holds what no e-mail of the queue can carry
  * BrokerUnavailableError: the relay cannot use RabbitMQ
"""


class EmailQueueError(Exception):
    """Base of all exceptions below."""


class EmailRequestError(EmailQueueError, ValueError):
    """The call cannot become an e-mail; `field` names the argument, the message what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class IdempotencyConflictError(EmailRequestError):
    """The idempotency key was used before, for another e-mail."""


class UnsupportedMessageError(EmailRequestError):
    """A message given to `postroom.backend.EmailBackend` holds what cannot be carried."""


class BrokerUnavailableError(EmailQueueError):
    """RabbitMQ cannot be used at the moment; what it did not confirm is still due."""
