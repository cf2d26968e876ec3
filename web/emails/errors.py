"""What `send_email_task` refuses, and why."""


class EmailRequestError(ValueError):
    """The call cannot become an e-mail; `field` names the argument, the message what to change."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class IdempotencyConflictError(EmailRequestError):
    """The idempotency key was used before, for another e-mail."""
