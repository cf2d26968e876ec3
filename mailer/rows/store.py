"""The statements of the mailer as methods: claim, hand over, renew, record.

Their SQL is in queries.sql beside this file.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from postroom.mailer.errors import RowLockedError
from postroom.mailer.rows.claimed_email import ClaimedEmail, FileRef, Recipient
from postroom.mailer.rows.database import Database
from postroom.mailer.rows.result import Result, fence, hard_bounces, recipient_rows, result_row
from postroom.shared.status import OnUnknown, RecipientKind, RecipientStatus

_NAMED = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def _queries() -> dict[str, str]:
    parts = _NAMED.split((Path(__file__).parent / "queries.sql").read_text())
    return {
        name: text.strip().rstrip(";") for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


QUERIES: Final = _queries()
_DECODE: Final = json.JSONDecoder().decode
_JSON_KINDS: Final[dict[type, str]] = {list: "list", dict: "object"}
_EMPTY: Final[dict[type, str]] = {list: "[]", dict: "{}"}
# See what-speed-costs: enums by lookup.
_KINDS: Final = {kind.value: kind for kind in RecipientKind}
_ON_UNKNOWN: Final = {choice.value: choice for choice in OnUnknown}
_PENDING: Final = RecipientStatus.PENDING.value
_ACCEPTED: Final = RecipientStatus.ACCEPTED.value
_T = TypeVar("_T")


class Store:
    """The statements of one thread, on one connection; each may raise DatabaseUnavailableError."""

    def __init__(self, database: Database, *, mailer: str, lease_seconds: float) -> None:
        self._database = database
        self._mailer = mailer
        self._lease = lease_seconds

    def claim(self, email_ids: Sequence[int]) -> list[ClaimedEmail]:
        """Claim those of `email_ids` that are due; the others are taken, finished or not due."""
        values = {"ids": list(email_ids), "mailer": self._mailer, "lease": self._lease}
        return [_email(row) for row in self._rows("claim", values)]

    def locked(self, email_ids: Sequence[int], *, recipients: bool = False) -> set[int]:
        """Those of `email_ids` that are locked now, or with `recipients` one of theirs.

        Never waits for a row.
        """
        name = "locked_with_recipients" if recipients else "locked"
        return {row[0] for row in self._rows(name, {"ids": list(email_ids)})}

    def still_due(self, email_ids: Sequence[int]) -> set[int]:
        """Those of `email_ids` that are pending and due: only a pause can hold them."""
        return {row[0] for row in self._rows("still_due", {"ids": list(email_ids)})}

    def publish_again(self, email_ids: Sequence[int]) -> dict[int, bool]:
        """Make the pending ones of `email_ids` due for the relay; by id, whether it was done."""
        return dict(self._rows("publish_again", {"ids": list(email_ids)}))

    def paused_lanes(self) -> set[str]:
        """Lanes that an operator has paused; "all" for every lane."""
        return {row[0] for row in self._rows("paused_lanes", {})}

    def installation(self) -> str:
        """The identity of the installation; empty until its first relay has written it."""
        rows = self._rows("installation", {})
        return str(rows[0][0]) if rows else ""

    def blob(self, sha256: str) -> bytes | None:
        """The bytes of a file; None if they no longer exist."""
        # As text a large file would take three times its size.
        rows = self._database.run(
            lambda c: c.execute(QUERIES["blob"], {"sha256": sha256}, binary=True).fetchall()
        )
        return bytes(rows[0][0]) if rows else None

    def hand_over(self, emails: Sequence[ClaimedEmail]) -> set[int]:
        """Record that the final dot comes next; returns the ids that are still ours."""
        try:
            return {row[0] for row in self._rows("hand_over", fence(emails))}
        except RowLockedError:
            # E-mails whose row is locked are given back unsent, but no others.
            locked = self.locked([email.id for email in emails])
            asked = [email for email in emails if email.id not in locked]
            return {row[0] for row in self._rows("hand_over", fence(asked))}

    def renew(self, emails: Sequence[ClaimedEmail]) -> dict[str, bool]:
        """Renew the leases of `emails`; by claim token still ours, whether it was renewed."""
        rows = self._rows("renew", fence(emails) | {"lease": self._lease})
        return {row[0]: row[1] for row in rows}

    def record(self, results: Sequence[Result]) -> set[str]:
        """Write results, log and recipients in one statement; returns claim tokens that held."""
        people = [row for result in results for row in recipient_rows(result)]
        values = {
            "mailer": self._mailer,
            "ids": [result.email.id for result in results],
            "people": [row["id"] for row in people],
            "results": json.dumps([result_row(result) for result in results]),
            "recipients": json.dumps(people),
            "bounces": json.dumps([row for r in results for row in hard_bounces(r)]),
        }
        return {row[0] for row in self._rows("record", values)}

    def recorded(self, results: Sequence[Result]) -> dict[str, bool]:
        """Those of `results` that have their log row; by claim token, whether the claim held."""
        claims = fence([result.email for result in results])
        return dict(self._rows("already_recorded", claims))

    def beat(
        self,
        *,
        version: str,
        state: str,
        waiting_for: str,
        reason: str,
        for_seconds: float,
        mail_limit: str,
        in_flight: int,
        server: str,
        sessions: int,
        wanting: bool,
    ) -> set[str]:
        """Write the heartbeat row; returns the lanes that are paused.

        `waiting_for` and `reason` as of a Condition, since `for_seconds`; `mail_limit`: what keeps
        mail from its recipients.
        """
        values = {
            "name": self._mailer,
            "version": version,
            "state": state[:255],
            "waiting_for": waiting_for,
            "reason": reason,
            "for_seconds": for_seconds,
            "mail_limit": mail_limit,
            "in_flight": in_flight,
            "server": server[:255],
            "sessions": sessions,
            "wanting": wanting,
        }
        self._database.run(lambda connection: connection.execute(QUERIES["beat"], values))
        return self.paused_lanes()

    def others(self, server: str) -> Sequence[int]:
        """Of the other mailers on this SMTP server: how many they are, the connections they have,
        how many of them have none but want one, and want more, and what the latter have."""
        values = {"name": self._mailer, "server": server[:255]}
        row: Sequence[int] = self._rows("others", values)[0]
        return row

    def forget_mailer(self) -> None:
        """Delete the heartbeat row on a clean stop."""
        values = {"name": self._mailer}
        self._database.run(lambda c: c.execute(QUERIES["forget_mailer"], values))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _rows(self, name: str, values: Mapping[str, Any]) -> list[Any]:
        return self._database.run(lambda c: c.execute(QUERIES[name], values).fetchall())


def _email(row: Sequence[Any]) -> ClaimedEmail:
    """The e-mail of a row of the statement `claim`.

    Its JSON is parsed here, so that bad JSON fails one e-mail and not the whole claim.
    """
    *plain, on_unknown, recipients, files, reply_to, headers, context = row
    unreadable: list[str] = []
    fields = (
        *plain,
        _ON_UNKNOWN[on_unknown],
        tuple([_recipient(*person) for person in _DECODE(recipients or "[]")]),
        tuple([FileRef(*file) for file in _DECODE(files)]) if files else (),
        tuple(_data("reply_to", reply_to, list, unreadable)),
        _data("headers", headers, dict, unreadable),
        _data("context", context, dict, unreadable),
        (),  # the bytes of the files come later
    )
    return ClaimedEmail._make((*fields, unreadable[-1] if unreadable else ""))


def _recipient(
    recipient_id: int, kind: str, address: str, name: str, status: str, suppressed: bool
) -> Recipient:
    waiting = status == _PENDING
    return Recipient(
        recipient_id,
        _KINDS[kind],
        address,
        name,
        pending=waiting and not suppressed,
        accepted=status == _ACCEPTED,
        suppressed=waiting and suppressed,
    )


def _data(column: str, text: str, kind: type[_T], unreadable: list[str]) -> _T:
    if text == _EMPTY[kind]:  # as nearly always in two of the three columns
        return kind()
    try:
        value = _DECODE(text)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, kind):
        return value
    unreadable.append(f"The column {column} does not hold a JSON {_JSON_KINDS[kind]}.")
    return kind()
