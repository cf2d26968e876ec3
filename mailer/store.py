"""The rows, as the mailer sees them: claim, hand over, renew, record. The only SQL is in
queries.sql beside this file."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from psycopg.rows import dict_row

from mailer.claimed import ClaimedEmail, FileRef, Recipient
from mailer.database import Database
from mailer.result import Result, fence, hard_bounces, recipient_rows, result_row
from shared.status import OnUnknown, RecipientKind, RecipientStatus

_NAMED = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def _queries() -> dict[str, str]:
    parts = _NAMED.split((Path(__file__).parent / "queries.sql").read_text())
    return {
        name: text.strip().rstrip(";") for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


QUERIES: Final = _queries()
_JSON_KINDS: Final[dict[type, str]] = {list: "list", dict: "object"}
_JSON_COLUMNS: Final[tuple[tuple[str, type], ...]] = (
    ("reply_to", list), ("headers", dict), ("context", dict),
)  # fmt: skip
# Calling the enum costs ten times as much.
_KINDS: Final = {kind.value: kind for kind in RecipientKind}
_EMPTY: Final[dict[type, str]] = {list: "[]", dict: "{}"}


class Store:
    """The statements of one thread, on one connection; each may raise DatabaseUnavailable."""

    def __init__(self, database: Database, *, mailer: str, lease_seconds: float) -> None:
        self._database = database
        self._mailer = mailer
        self._lease = lease_seconds

    def claim(self, email_ids: Sequence[int]) -> list[ClaimedEmail]:
        """Take those of `email_ids` that are due; the others are somebody else's, or done."""
        values = {"ids": list(email_ids), "mailer": self._mailer, "lease": self._lease}

        def work(connection: Any) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = (
                connection.cursor(row_factory=dict_row).execute(QUERIES["claim"], values).fetchall()
            )
            return rows

        return [_email(row) for row in self._database.run(work)]

    def still_due(self, email_ids: Sequence[int]) -> set[int]:
        """Those of `email_ids` that wait and whose time has come: only a pause can hold them."""
        return {row[0] for row in self._rows("still_due", {"ids": list(email_ids)})}

    def publish_anew(self, email_ids: Sequence[int]) -> set[int]:
        """Make those of `email_ids` that wait due for the relay; the ids of these."""
        return {row[0] for row in self._rows("publish_anew", {"ids": list(email_ids)})}

    def paused_lanes(self) -> set[str]:
        """Lanes an operator holds back; "all" for every lane."""
        return {row[0] for row in self._rows("paused_lanes", {})}

    def blob(self, sha256: str) -> bytes | None:
        """The bytes of a file, or None when they are gone."""
        rows = self._rows("blob", {"sha256": sha256})
        return bytes(rows[0][0]) if rows else None

    def hand_over(self, emails: Sequence[ClaimedEmail]) -> set[int]:
        """Note durably that the final dot comes next; ids of those that are still ours."""
        return {row[0] for row in self._rows("hand_over", fence(emails))}

    def renew(self, emails: Sequence[ClaimedEmail]) -> set[str]:
        """Renew the leases of everything in hand; the claim tokens that are still ours."""
        rows = self._rows("renew", fence(emails) | {"lease": self._lease})
        return {row[0] for row in rows}

    def record(self, results: Sequence[Result]) -> set[int]:
        """Write results, log and recipients in one statement; ids whose claim still stood."""
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

    def recorded(self, results: Sequence[Result]) -> set[str]:
        """Claim tokens among `results` that already have their log row."""
        claims = fence([result.email for result in results])
        return {row[0] for row in self._rows("already_recorded", claims)}

    def beat(self, *, version: str, state: str, in_flight: int) -> set[str]:
        """Renew the heartbeat row; the lanes that are paused."""
        values = {
            "name": self._mailer,
            "version": version,
            "state": state,
            "in_flight": in_flight,
        }
        self._database.run(lambda connection: connection.execute(QUERIES["beat"], values))
        return self.paused_lanes()

    def forget_mailer(self) -> None:
        """Take the heartbeat row away on a clean stop."""
        values = {"name": self._mailer}
        self._database.run(lambda c: c.execute(QUERIES["forget_mailer"], values))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def _rows(self, name: str, values: Mapping[str, Any]) -> list[Any]:
        return self._database.run(lambda c: c.execute(QUERIES[name], values).fetchall())


def _recipient(
    recipient_id: int, kind: str, address: str, name: str, status: str, suppressed: bool
) -> Recipient:
    waiting = status == RecipientStatus.PENDING.value
    return Recipient(
        id=recipient_id,
        kind=_KINDS[kind],
        address=address,
        display_name=name,
        pending=waiting and not suppressed,
        accepted=status == RecipientStatus.ACCEPTED.value,
        suppressed=waiting and suppressed,
    )


def _email(row: dict[str, Any]) -> ClaimedEmail:
    row["recipients"] = tuple(_recipient(*person) for person in row["recipients"] or ())
    row["files"] = tuple(FileRef(*file) for file in row["files"] or ())
    row["on_unknown"] = OnUnknown(row["on_unknown"])
    # Read here, where what cannot be read fails one e-mail and not the whole claim.
    for column, kind in _JSON_COLUMNS:
        text = row[column]
        if text == _EMPTY[kind]:  # as nearly always, for two of the three
            row[column] = kind()
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, kind):
            row["unreadable"] = f"The column {column} holds no JSON {_JSON_KINDS[kind]}."
            value = kind()
        row[column] = value
    row["reply_to"] = tuple(row["reply_to"])
    return ClaimedEmail(**row)
