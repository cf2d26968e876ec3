"""Fetches the bytes of attachments just before an e-mail is built, and not too many at once."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from mailer.claimed import Attachment, ClaimedEmail
from mailer.store import Store

_CACHE_BYTES = 8 * 1024 * 1024
_CACHEABLE = 1024 * 1024
_AT_ONCE = 4  # e-mails with files in memory, whatever the number of sessions


class FileGone(Exception):
    """An attachment is no longer in the database: half an e-mail is not sent."""


class Files:
    """Reads files on a connection of its own; files sent to many are kept for a while."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._cached_bytes = 0

    @contextmanager
    def loaded(self, email: ClaimedEmail) -> Iterator[ClaimedEmail]:
        """The e-mail with its attachments read, as long as the block runs.

        Raises:
            FileGone: an attachment is missing.
            DatabaseUnavailable: they cannot be read now.
        """
        if not email.attachment_count:
            yield email
            return
        if len(email.files) != email.attachment_count:
            raise FileGone(
                f"{email.attachment_count} attachments were queued and {len(email.files)} are "
                "there; queue the e-mail again"
            )
        with self._room:
            yield replace(
                email,
                attachments=tuple(
                    Attachment(file.name, file.mimetype, self._read(file.sha256, file.name))
                    for file in email.files
                ),
            )

    def _read(self, sha256: str, name: str) -> bytes:
        with self._lock:
            if sha256 in self._cache:
                self._cache.move_to_end(sha256)
                return self._cache[sha256]
            content = self._store.blob(sha256)
            if content is None:
                raise FileGone(f"the bytes of {name!r} are gone; queue the e-mail again")
            if len(content) <= _CACHEABLE:
                self._cache[sha256] = content
                self._cached_bytes += len(content)
                while self._cached_bytes > _CACHE_BYTES:
                    _, oldest = self._cache.popitem(last=False)
                    self._cached_bytes -= len(oldest)
            return content
