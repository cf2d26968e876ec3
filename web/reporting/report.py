"""What a report is: columns, rows that are read while they are written, and a summary."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import Enum, StrEnum
from typing import Any

Row = Sequence[Any]


class ColumnKind(StrEnum):
    """What a column holds, and so how each file format writes it."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"  # 0 to 1
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `width` in characters."""

    title: str
    kind: ColumnKind = ColumnKind.NUMBER
    width: int = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the e-mail's chart: its length in percent (0 to 100) and the text after it."""

    label: str
    percent: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary in the e-mail: a sentence, some facts, a chart of bars."""

    headline: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    chart: str = ""
    bars: list[Bar] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain data, for the cache and for templates."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Summary":
        """The reverse of `as_json`."""
        facts = [(name, value) for name, value in data["facts"]]
        bars = [Bar(**bar) for bar in data["bars"]]
        return cls(data["headline"], facts, data["chart"], bars)


class Sees(Enum):
    """How much of a report a user may see, where it is all or nothing."""

    ALL = "all"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ReportType:
    """One kind of report; every function takes the day for which the report is built.

    `period`: the time it covers, as text. `rows(day, limit)`: at most `limit` rows (None: all),
    read from the database a chunk at a time. `count(day)`: how many there are. `summary(day)`
    should read aggregates only. `readers(user)`: what this user may see of it: `Sees.ALL`,
    `Sees.NOTHING`, or a type with fewer rows; without it, every recipient sees all.
    `schedulers(user)`: whether this user may schedule reports without the permission to.
    """

    name: str
    title: str
    columns: Sequence[Column]
    period: Callable[[date], str]
    rows: Callable[[date, int | None], Iterator[Row]]
    count: Callable[[date], int]
    summary: Callable[[date], Summary]
    readers: "Callable[[Any], ReportType | Sees] | None" = None
    schedulers: Callable[[Any], bool] | None = None

    def for_recipient(self, user: Any) -> "ReportType | None":
        """The report as `user` may see it; None: they may see nothing of it, and get no e-mail.

        Asked for each recipient of each run, and for the user of a test: a reader sees no more than
        this, by a schedule of any owner.
        """
        seen = self.readers(user) if self.readers else Sees.ALL
        match seen:
            case Sees.ALL:
                return self
            case Sees.NOTHING:
                return None
            case ReportType():
                return seen


@dataclass(frozen=True, slots=True)
class Report:
    """One report; `rows` can be read once.

    `unshown`: scripts whose letters the written file could not show.
    """

    title: str
    period: str
    day: date
    columns: Sequence[Column]
    rows: Iterator[Row]
    count: int
    summary: Summary
    unshown: set[str] = field(default_factory=set)
