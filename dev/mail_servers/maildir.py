"""The mail that a server has delivered, from its maildir."""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

# Postfix and our sink write the one, Exim the other.
_RECIPIENT = re.compile(rb"^(?:Delivered-To|Envelope-To):\s*<?([^>\s]+)", re.MULTILINE | re.I)


class Mail(NamedTuple):
    """One delivery: a mail to two recipients is two of them."""

    recipient: str
    raw: bytes


class Maildir:
    """A maildir that a server fills and only we read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Mail] = {}

    def create(self, owner: tuple[int, int]) -> None:
        """With its three folders."""
        for path in (self.folder, *(self.folder / name for name in ("tmp", "new", "cur"))):
            path.mkdir()
            os.chown(path, *owner)

    def mails(self) -> list[Mail]:
        """All deliveries, oldest first."""
        entries = sorted((self.folder / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in entries:
            if path.name not in self._read:
                self._read[path.name] = _parsed(path.read_bytes())
        return [self._read[path.name] for path in entries]


def keep(folder: Path, recipients: Iterable[str], raw: bytes) -> None:
    """Deliver a mail to each recipient, complete from the moment it can be seen."""
    for recipient in recipients:
        name = secrets.token_hex(12)
        (folder / "tmp" / name).write_bytes(b"Delivered-To: %s\r\n%s" % (recipient.encode(), raw))
        (folder / "tmp" / name).rename(folder / "new" / name)


def _parsed(raw: bytes) -> Mail:
    head = raw.partition(b"\r\n\r\n" if b"\r\n\r\n" in raw else b"\n\n")[0]
    found = _RECIPIENT.search(head)
    if found is None:
        raise ValueError(f"a delivery without its recipient: {head!r}")
    return Mail(found[1].decode(), raw)
