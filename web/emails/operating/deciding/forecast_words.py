"""The sentences of a forecast: what will become of so many e-mails, and why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from postroom.web.emails.operating.deciding.spoken import many, spoken

# {n}: "1 e-mail" or "25 e-mails"; {s}: what a verb needs with one; {they}: it or they.
_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("requeue", "sent"): "{n} will be sent to every address that has not accepted {them}, with a "
    "full set of new attempts.",
    ("requeue", "repeated"): "{n} may have arrived already, and will be sent again.",
    ("requeue", "expired"): "{n} {have} expired{since}: sent only if you choose that as well.",
    ("requeue", "suppressed"): "{n} cannot be sent: every address still to be tried is on the "
    "suppression list. Allow the addresses again to send {them}.",
    ("requeue", "erased"): "{n} cannot be sent: the content was erased.",
    ("requeue", "nobody"): "{n} {have} nobody left to go to: every address accepted {them}.",
    ("allow", "sent"): "{n} will be sent, after the addresses that forbid it have been removed "
    "from the suppression list.",
    ("allow", "expired"): "{n} {have} expired{since}: sent only if you choose that as well.",
    ("allow", "erased"): "{n} cannot be sent: the content was erased.",
    ("allow", "nobody"): "{n} {have} nobody left to go to: every address accepted {them}.",
    ("allow", "other"): "{n} {are} not held by the suppression list: requeue {them} instead.",
    ("cancel", "stopped"): "{n} will not be sent, unless somebody requeues {them}.",
    ("arrived", "completed"): "{n} will be marked as arrived and not sent again.",
    ("arrived", "partial"): "{n} will be marked as arrived for some addresses; the others stay "
    "refused, and a requeue sends {them} to those.",
}
_CANCELLED: Final = {
    True: "{n} {were} cancelled by somebody, and will be sent all the same.",
    False: "{n} {were} cancelled by somebody and {stay} so. To requeue {them}, filter by that "
    "state.",
}


def sentence(
    kind: str, fate: str, count: int, over: Sequence[Any] = (None, None), *, moves: bool
) -> str:
    """What becomes of `count` e-mails. `over`: the first and the last time one expired."""
    words = _CANCELLED[moves] if fate == "cancelled" else _WORDS[kind, fate]
    one = count == 1
    return words.format(
        n=many(count),
        since=_since(*over),
        have="has" if one else "have",
        are="is" if one else "are",
        were="was" if one else "were",
        stay="stays" if one else "stay",
        them="it" if one else "them",
    )


def _since(first: datetime | None, last: datetime | None) -> str:
    if first is None or last is None:
        return ""
    if first == last:
        return f" at {spoken(first)}"
    return f", the first at {spoken(first)} and the last at {spoken(last)}"
