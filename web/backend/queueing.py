"""Queues the converted messages of one `send_messages`."""

from collections.abc import Iterable
from typing import Any

from postroom.shared.header_rules import HeaderError
from postroom.shared.message_ids import bare_message_id
from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.errors import UnsupportedMessageError


class Batch(EmailBatch):
    """Checks all messages first, and stores them together; content goes out as it was composed."""

    faithful = True

    def add(self, calls: Iterable[dict[str, Any]]) -> None:
        """The calls of one message: all of them or, if one is refused, none.

        Raises:
            EmailRequestError: an argument cannot be used.
        """
        before = len(self._calls)
        try:
            for call in calls:
                self._add(dict(call))
        except Exception:
            del self._calls[before:]
            raise

    def _add(self, call: dict[str, Any]) -> None:
        message_id = call.pop("message_id")
        self.send_email_task(**call)
        if message_id:
            try:
                bare = bare_message_id(message_id)
            except HeaderError as error:
                raise UnsupportedMessageError("headers", str(error)) from error
            self._calls[-1].values["message_id"] = f"<{bare}>"
