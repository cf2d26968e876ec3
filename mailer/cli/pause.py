"""`postroom-mailer pause` and `resume`: hold mail, and release it."""

import getpass
import socket
import sys
from collections.abc import Mapping

from postroom.mailer.errors import DatabaseUnavailableError
from postroom.mailer.pauses import ALL
from postroom.mailer.rows.database import Database
from postroom.mailer.rows.store import QUERIES
from postroom.mailer.settings import MailerSettings
from postroom.shared.status import LANES


def pause(settings: MailerSettings, lane: str, reason: str) -> int:
    """Pause a lane, or all; returns the exit status."""
    values = {"lane": lane, "by": _who(), "reason": reason}
    rows = _run(settings, "pause", values)
    if rows is None:
        return 1
    what = "all mail" if lane == ALL else f"{lane} mail"
    before = "" if rows else " already"
    sys.stdout.write(f"{what} is{before} paused: it waits until `postroom-mailer resume`\n")
    return 0


def resume(settings: MailerSettings, lane: str) -> int:
    """End the pause of a lane, or with "all" every pause; returns the exit status."""
    rows = _run(settings, "resume", {"lanes": list(LANES) if lane == ALL else [lane]})
    if rows is None:
        return 1
    ended = ", ".join(sorted(rows)) or "nothing"
    sys.stdout.write(f"resumed: {ended}\n")
    if left := sorted(_run(settings, "paused_lanes", {}) or []):
        sys.stdout.write(f"still paused: {', '.join(left)}\n")
    return 0


def _run(settings: MailerSettings, query: str, values: Mapping[str, object]) -> list[str] | None:
    database = Database(settings.database_url, name="postroom pause", prepared_statements=False)
    try:
        rows = database.run(lambda c: c.execute(QUERIES[query], values).fetchall())
    except DatabaseUnavailableError as error:
        sys.stdout.write(f"FAIL  database: {error}\n")
        return None
    finally:
        database.close()
    return [row[0] for row in rows]


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, in a container
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
