"""Files when the database is away: one e-mail finds out, not each that begins beside it."""

from datetime import UTC, datetime

import pytest

from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.rows import attachments
from postroom.mailer.rows.attachments import Files
from postroom.mailer.rows.claimed_email import ClaimedEmail, FileRef


class Store:
    """Swallowed by the network, or there."""

    def __init__(self) -> None:
        self.away = True
        self.asked = 0

    def blob(self, sha256: str) -> bytes:
        self.asked += 1
        if self.away:
            raise DatabaseUnavailableError("connection timed out")
        return sha256.encode()


def email(number: int) -> ClaimedEmail:
    claimed = ClaimedEmail(
        number, "token", 1, 8, datetime.now(UTC), "<1@example.org>", "x", "S", "from@example.org"
    )
    ref = FileRef("a.bin", "application/octet-stream", f"sum{number}")
    return claimed._replace(attachment_count=1, files=(ref,))


def test_database_that_is_away_is_waited_for_by_one_email_and_asked_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("postroom.mailer.rows.attachments.monotonic", lambda: now)
    store = Store()
    loader = Files(store)  # type: ignore[arg-type]
    for number in range(16):
        with pytest.raises(DatabaseUnavailableError):
            loader.load(email(number))
    assert store.asked == 1
    store.away = False
    now += attachments._AWAY_SECONDS
    assert loader.load(email(3)).attachments[0].content == b"sum3"
