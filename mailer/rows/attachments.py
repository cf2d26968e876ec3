"""Fetches the bytes of attachments just before an e-mail is built."""

from collections import OrderedDict
from time import monotonic

from postroom.mailer.errors import AttachmentMissingError, DatabaseUnavailableError
from postroom.mailer.rows.claimed_email import Attachment, ClaimedEmail
from postroom.mailer.rows.store import Store

_CACHE_BYTES = 8 * 1024 * 1024
_CACHEABLE = 1024 * 1024
# Every session waits while a file is read. When the database does not answer, only one e-mail in so
# many seconds waits for the time-out, not each that begins.
_AWAY_SECONDS = 2.0


class Files:
    """Reads files, for one thread, on a connection of its own; files sent to many are kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cache: OrderedDict[str, bytes] = OrderedDict()
        self._cached_bytes = 0
        self._away_until = 0.0

    def load(self, email: ClaimedEmail) -> ClaimedEmail:
        """The e-mail with its attachments read.

        Raises:
            AttachmentMissingError: an attachment is missing.
            DatabaseUnavailableError: they cannot be read now.
        """
        if not email.attachment_count:
            return email
        if len(email.files) != email.attachment_count:
            raise AttachmentMissingError(
                f"{email.attachment_count} attachments were queued and {len(email.files)} exist; "
                "queue the e-mail again"
            )
        attachments = tuple(
            Attachment(
                file.name,
                file.mimetype,
                self._read(file.sha256, file.name),
                file.disposition,
                file.content_id,
            )
            for file in email.files
        )
        return email._replace(attachments=attachments)

    def _read(self, sha256: str, name: str) -> bytes:
        if sha256 in self._cache:
            self._cache.move_to_end(sha256)
            return self._cache[sha256]
        if monotonic() < self._away_until:
            raise DatabaseUnavailableError("the database was away a moment ago")
        try:
            content = self._store.blob(sha256)
        except DatabaseUnavailableError:
            self._away_until = monotonic() + _AWAY_SECONDS
            raise
        if content is None:
            raise AttachmentMissingError(
                f"the content of {name!r} no longer exists; queue the e-mail again"
            )
        if len(content) <= _CACHEABLE:
            self._cache[sha256] = content
            self._cached_bytes += len(content)
            while self._cached_bytes > _CACHE_BYTES:
                _, oldest = self._cache.popitem(last=False)
                self._cached_bytes -= len(oldest)
        return content
