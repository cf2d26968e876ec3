"""What apps stored although its e-mails could not be queued: each app registers how to count it.

Nothing is lost: the app keeps what is needed to queue the e-mails later, and its admin page has the
button. Home and `check_email_queue` say how many wait.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

_Count = Callable[[], int]


class _Source(NamedTuple):
    one: str
    many: str
    advice: str
    how_many: _Count


_sources: Final[dict[str, _Source]] = {}


def register(name: str, one: str, many: str, advice: str, how_many: _Count) -> None:
    """Ask `how_many` what waits; called when the app is ready, once for each `name`.

    Args:
        one, many: the things, after their number: "submission has an e-mail that is not queued".
        advice: what to do, as a clause.
        how_many: a cheap query or a few.
    """
    _sources[name] = _Source(one, many, advice, how_many)


def sentences() -> list[str]:
    """One sentence for each kind of thing that waits; empty when nothing does.

    Raises:
        DatabaseError: the database cannot be queried.
    """
    counts = [(source, source.how_many()) for source in _sources.values()]
    return [
        f"{number} {source.one if number == 1 else source.many}: {source.advice}."
        for source, number in counts
        if number
    ]
