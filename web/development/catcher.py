"""A mail server that keeps every e-mail as a file and sends none on."""

import logging
import re
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from postroom.web.development.errors import DevelopmentError
from postroom.web.development.ports import free_port

_UNFIT = re.compile(r"[^\w.@-]+")


class Catcher:
    """Listens on a free port of this machine until `stop`; each e-mail becomes one `.eml` file.

    `say` is called with a line about each. Needs aiosmtpd.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        """Raises DevelopmentError if aiosmtpd is missing or the folder cannot be made."""
        try:
            from aiosmtpd.controller import Controller
        except ImportError as error:
            raise DevelopmentError(
                "The mail catcher needs aiosmtpd: pip install aiosmtpd"
            ) from error
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DevelopmentError(f"{folder} cannot be made: {error.strerror}") from error
        self._folder, self._say = folder, say
        self._count = len(list(folder.glob("*.eml")))
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # every command, at INFO
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True
        )

    def start(self) -> None:
        """Take mail, on a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Take no more."""
        self._controller.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep one e-mail (called by aiosmtpd)."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        recipients = ", ".join(envelope.rcpt_tos)
        while True:
            self._count += 1
            name = f"{self._count:04}-{_UNFIT.sub('_', envelope.rcpt_tos[0])[:80]}.eml"
            try:
                with (self._folder / name).open("xb") as file:
                    file.write(envelope.content)
            except FileExistsError:
                continue
            break
        self._say(f"mail to {recipients}: {message['Subject']} ({self._folder / name})")
        return "250 2.0.0 kept"
