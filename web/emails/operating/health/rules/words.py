"""Numbers, lengths of time and instants in the sentences of findings: one form of each."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def number(count: int) -> str:
    """25 000."""
    return f"{count:,}".replace(",", " ")


def emails(count: int) -> str:
    """1 e-mail, 25 000 e-mails."""
    return "1 e-mail" if count == 1 else f"{number(count)} e-mails"


def count_of(count: int, one: str, many: str) -> str:
    """1 mailer, 2 mailers."""
    return f"{number(count)} {one if count == 1 else many}"


def span(seconds: float) -> str:
    """51 s, 28 min, 3 h 5 min, 2 d 4 h: at most two units, seconds only below two minutes."""
    left = max(0, round(seconds))
    if left < 120:
        return f"{left} s"
    parts = []
    for unit, size in _UNITS[:-1]:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2])


def moment(instant: datetime) -> str:
    """29 Nov 2026, 16:50:03 UTC."""
    return f"{instant.astimezone(UTC):%-d %b %Y, %H:%M:%S} UTC"


def listing(names: Sequence[str], most: int = 3) -> str:
    """a, b and 2 more."""
    more = len(names) - most
    shown = ", ".join(names[:most])
    return f"{shown} and {more} more" if more > 0 else shown


def counts(by_name: Mapping[str, int], most: int = 3) -> str:
    """password_reset 58, invoice 2: the most frequent first."""
    ranked = sorted(by_name.items(), key=lambda item: (-item[1], item[0]))
    return listing([f"{name} {number(count)}" for name, count in ranked], most)


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    text = " ".join(text.split()).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def clause(text: str) -> str:
    """Text that ends a sentence of ours: without a full stop, and without a capital "The"."""
    text = " ".join(text.split()).rstrip(".")
    return f"the {text[4:]}" if text.startswith("The ") else text
