"""The delivery contract, checked: rows, addresses, log and accepted mail against each other."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from postroom.shared.status import FINISHED, OnUnknown, RecipientStatus, Status

if TYPE_CHECKING:
    from tests.support.acceptance.system import System

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.MULTILINE | re.IGNORECASE)

_PERHAPS = {RecipientStatus.UNKNOWN.value, RecipientStatus.ACCEPTED.value}

_ROWS = """
SELECT q.id, q.status, q.message_id, q.attempts, q.max_attempts, q.on_unknown,
  (SELECT count(*) FROM postroom_emaillog l WHERE l.email_id = q.id AND l.possible_repeat),
  (SELECT count(*) FROM postroom_emaillog l WHERE l.email_id = q.id AND l.outcome = 'accepted'),
  ARRAY(SELECT r.status FROM postroom_emailrecipient r WHERE r.email_id = q.id ORDER BY r.id)
FROM postroom_emailqueue q WHERE q.id = ANY(%s) ORDER BY q.id
"""
# A result that came too late (`fenced`) stands beside the one that counted.
_DOUBLE_RESULTS = """
SELECT email_id, claim_token, count(*) FROM postroom_emaillog
WHERE email_id = ANY(%s) AND outcome <> 'fenced' AND claim_token IS NOT NULL
GROUP BY email_id, claim_token HAVING count(*) > 1
"""


class Row(NamedTuple):
    """One e-mail and what its log and addresses say."""

    id: int
    status: str
    message_id: str
    attempts: int
    max_attempts: int
    on_unknown: str
    flagged: int
    accepted: int
    recipients: list[str]


def message_id(raw: bytes) -> str:
    """The Message-ID of a message as it was received."""
    found = _MESSAGE_ID.search(raw)
    assert found, f"a message without Message-ID: {raw[:500]!r}"
    return found[1].decode()


def check(system: "System", email_ids: Collection[int]) -> None:
    """Fail, naming every e-mail, unless the contract was kept for all of these at rest."""
    rows = [Row(*values) for values in system.query(_ROWS, list(email_ids))]
    copies = system.copies()
    wrong = [f"rows are gone: {set(email_ids) - {row.id for row in rows}}"]
    wrong = wrong if len(rows) != len(set(email_ids)) else []
    for row in rows:
        wrong += [f"{problem}: {row}" for problem in _problems(row, copies[row.message_id])]
    doubles = system.query(_DOUBLE_RESULTS, list(email_ids))
    wrong += [f"several results of one claim: {double}" for double in doubles]
    assert not wrong, f"{len(wrong)} breaches of the contract:\n" + "\n".join(wrong[:20])
    owned = {row[0] for row in system.query("SELECT message_id FROM postroom_emailqueue")}
    assert set(copies) <= owned, "mail arrived that no row knows"


def each_once(system: "System", email_ids: Collection[int]) -> None:
    """Fail unless these are all e-mails there are, and each arrived exactly once."""
    assert system.statuses() == {Status.COMPLETED: len(email_ids)}
    assert set(system.copies().values()) == {1}
    system.assert_contract(email_ids)


def _problems(row: Row, copies: int) -> Iterator[str]:
    addresses = Counter(row.recipients)
    if row.status not in FINISHED:
        yield "not at rest"
    if row.status == Status.COMPLETED:
        if not copies:
            yield "completed, but it never arrived"
        if not row.accepted:
            yield "completed without an accepted attempt in the log"
        if set(addresses) != {RecipientStatus.ACCEPTED.value}:
            yield "completed, but not every address accepted it"
    # A late answer may still tell about an address, but never moves the e-mail.
    if row.status == Status.UNKNOWN and not addresses.keys() & _PERHAPS:
        yield "unknown, but of no address"
    if copies > 1 + row.flagged:
        yield f"{copies} copies, {row.flagged} possible repeats in the log"
    if row.on_unknown == OnUnknown.HOLD and copies > 1:
        yield f"hold, but {copies} copies"
    honest = {Status.COMPLETED, Status.PARTIAL, Status.UNKNOWN}
    if copies and row.status in FINISHED - honest and not row.flagged:
        yield "arrived, but nothing in the log says that it may have"
    if row.attempts > row.max_attempts:
        yield "more attempts than allowed"
