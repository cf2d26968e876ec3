"""What the address of the list of e-mails asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from postroom.shared.status import Priority, Status
from postroom.web.console import formats
from postroom.web.console.errors import NonsenseError
from postroom.web.emails.operating import error_classes
from postroom.web.emails.operating.console_lists import OUTCOMES

AGES: Final[Mapping[str, tuple[str, timedelta]]] = {
    "hour": ("last hour", timedelta(hours=1)),
    "day": ("last day", timedelta(days=1)),
    "week": ("last week", timedelta(weeks=1)),
    "older": ("older than a week", timedelta(weeks=1)),
}
OLDEST_FIRST: Final = "oldest"
# In the order in which their chips are shown.
LABELS: Final[Mapping[str, str]] = {
    "q": "search", "status": "state", "error": "reason", "type": "type", "source": "source",
    "priority": "lane", "age": "created", "domain": "domain", "outcome": "attempts that were",
    "from": "from", "to": "to", "sort": "order",
}  # fmt: skip
# The state is shown by its tab.
CHIPS: Final = {name: label for name, label in LABELS.items() if name != "status"}
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "status": tuple(Status),
    "error": tuple(error_classes.LABELS),
    "priority": tuple(Priority),
    "age": tuple(AGES),
    "outcome": tuple(OUTCOMES),
    "sort": (OLDEST_FIRST, "newest"),
}
_LONGEST: Final = 400  # characters of one value
_MOST_DIGITS: Final = 18
_YEARS: Final = range(1970, 9000)  # those that every zone can show
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """The values of the address, each checked; empty where it has none."""

    values: Mapping[str, str]
    past: int | None

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_rising(self) -> bool:
        """Oldest first."""
        return self["sort"] == OLDEST_FIRST

    @property
    def is_filtered(self) -> bool:
        """Whether there is any filter besides the state."""
        return bool(set(self.values) - {"status", "sort"})

    @property
    def period(self) -> tuple[datetime, datetime, str] | None:
        """From, to before, and the kind of outcome, of a click on a chart; None without them."""
        if not self["outcome"]:
            return None
        return moment(self["from"]), moment(self["to"]), self["outcome"]


def read(query: Mapping[str, str]) -> Asked:
    """Read the address.

    Raises:
        NonsenseError: a value that no e-mail can have; the message names it.
    """
    values = {}
    for name in LABELS:
        value = query.get(name, "").strip()
        if not value:
            continue
        if "\0" in value or len(value) > _LONGEST:
            raise NonsenseError(f"The value of {name!r} cannot be searched.")
        if name in _KNOWN and value not in _KNOWN[name]:
            raise NonsenseError(f"{name!r} is one of {', '.join(_KNOWN[name])}.")
        values[name] = value
    if values.get("sort") == "newest":
        del values["sort"]
    asked = Asked(values, _past(query.get("past", "")))
    if set(values) & {"outcome", "from", "to"}:
        if not {"outcome", "from", "to"} <= set(values):
            raise NonsenseError("'outcome', 'from' and 'to' go together.")
        moment(values["from"]), moment(values["to"])
    return asked


def moment(text: str) -> datetime:
    """A time of the address, such as 2026-11-29T16:50:03Z. Raises NonsenseError."""
    try:
        found = datetime.fromisoformat(text)
        aware = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        aware = _NEVER
    if aware.year not in _YEARS:
        raise NonsenseError("A time is written like 2026-11-29T16:50:03Z.")
    return aware


def words(asked: Asked) -> dict[str, str]:
    """How chips call the values that have other words in the address."""
    found = {
        "error": error_classes.LABELS.get(asked["error"], ""),
        "age": AGES[asked["age"]][0] if asked["age"] else "",
        "sort": "oldest first",
    }
    for name in ("from", "to"):
        if asked[name]:
            found[name] = formats.time(moment(asked[name]))
    return found


def _past(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise NonsenseError("'past' is the number of an e-mail.")
    return int(text)
