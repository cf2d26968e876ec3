"""Header fields as text: folded lines, encoded words, parameters (RFC 5322, 2047, 2231).

Every value is checked before it is written and never decoded, so no value can become a header line
of its own (CVE-2024-6923). Functions raise HeaderError for what cannot be written.
"""

import re
import unicodedata
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from postroom.shared.header_rules import HeaderError, check_text, without_turns

LINE = 76  # RFC 2047 section 2 for lines with encoded words; kept for all, below the 78 of RFC 5322

LONGEST: Final = 998  # octets of a line without CRLF (RFC 5322 2.1.1)
# What a display name may be to travel as it is; in other fields all printable ASCII does.
TIDY = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_ASCII: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")

# Q encoding with the characters RFC 2047 section 5 (3) allows even in a display name.
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = [chr(b) if b in _Q_SAFE else "_" if b == 32 else f"={b:02X}" for b in range(256)]


def encoded_words(text: str, width: int) -> list[str]:
    """`text` as encoded words of at most `width` characters, each of whole characters (RFC 2047).

    Q if it is shorter (mostly ASCII), else B.
    """
    data = text.encode()
    quoted = "".join(map(_Q.__getitem__, data))
    room = width - 12  # =?utf-8?q??=
    if len(quoted) * 3 <= len(data) * 4:
        return [f"=?utf-8?q?{chunk}?=" for chunk in _q_chunks(text, quoted, room)]
    step = room // 4 * 3
    words, start = [], 0
    while start < len(data):
        end = start + step
        while end < len(data) and data[end] & 0xC0 == 0x80:  # not inside a character
            end -= 1
        words.append(f"=?utf-8?b?{b2a_base64(data[start:end], newline=False).decode()}?=")
        start = end
    return words


def _q_chunks(text: str, quoted: str, room: int) -> Iterable[str]:
    if len(quoted) <= room:
        yield quoted
        return
    chunk = ""
    for character in text:
        piece = "".join(map(_Q.__getitem__, character.encode()))
        if len(chunk) + len(piece) > room:
            yield chunk
            chunk = ""
        chunk += piece
    yield chunk


def fold(name: str, words: Iterable[str], width: int = LINE) -> str:
    """`Name: word word ...` with a fold before each word that would exceed `width`."""
    line, lines = f"{name}:", []
    first = True  # never a first line with only the name: some readers drop such a field
    for word in words:
        if not first and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}"
        first = False
    lines.append(line)
    return "\r\n".join(lines)


def unstructured(name: str, value: str, what: str) -> str:
    """A field of free text: as it is if printable ASCII, else all in encoded words.

    White space at its ends means nothing in a header and is left out, and so is what would turn
    the direction of the rest of the line (`without_turns`). Text that contains `=?` is encoded too,
    so that a reader shows it as it was written.
    """
    value = value.strip(" ")
    if _ASCII.fullmatch(value) and "=?" not in value:
        if len(name) + len(value) + 2 <= LINE:
            return f"{name}: {value}"
        if folded := _folded(name, value):
            return folded
    check_text(value, what)
    value = without_turns(value).strip(" ")
    if not value:
        return f"{name}: "
    return fold(name, encoded_words(value, LINE - 2 - len(name)))


def callers_own(name: str, value: str) -> str:
    """A caller's field (checked by `check_header`): ASCII as it is, since programs read it."""
    if not value.isascii():
        return unstructured(name, value, f"value of the header {name}")
    folded = _folded(name, value.strip(" "))
    if folded is None:
        raise HeaderError(f"The header {name} cannot be folded into lines of 998 (RFC 5322).")
    return folded


def _folded(name: str, value: str) -> str | None:
    """The ASCII value folded at its spaces, none of them lost; None if a word fits on no line."""
    # Runs of spaces stay before their word: a fold within one could leave an empty line.
    folded = fold(name, re.findall(r"(?:^| )( *[^ ]+)", value))
    return folded if max(map(len, folded.split("\r\n"))) <= LONGEST else None


_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


def date_time(moment: datetime) -> str:
    """A point in time in UTC as the Date field has it (RFC 5322 3.3)."""
    if moment.tzinfo is None:
        raise HeaderError("Date: the time the e-mail was ready has no time zone.")
    return _date_time(int(moment.timestamp()))


@lru_cache(maxsize=64)  # e-mails sent together were mostly ready together
def _date_time(seconds: int) -> str:
    at = datetime.fromtimestamp(seconds, UTC)
    day = f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
    return f"{day} {at.hour:02}:{at.minute:02}:{at.second:02} +0000"


def automatic(headers: Mapping[str, str]) -> dict[str, str]:
    """The fields that keep vacation replies away (RFC 3834), unless the caller gave them."""
    own = {name.lower(): value for name, value in headers.items()}
    fields = {}
    if "auto-submitted" not in own:
        fields["Auto-Submitted"] = "Auto-Submitted: auto-generated"
    if "x-auto-response-suppress" not in own and own.get("auto-submitted", "").lower() != "no":
        fields["X-Auto-Response-Suppress"] = "X-Auto-Response-Suppress: All"
    return fields


@lru_cache(maxsize=256)  # a site has few types of e-mails
def feedback(email_type: str, sender: str) -> str:
    """`Feedback-ID`, by which Gmail counts complaints for each type of a sender's e-mails."""
    kind = re.sub(r"[^A-Za-z0-9._-]+", "-", email_type).strip("-")
    return f"Feedback-ID: {kind}:{sender}" if kind else f"Feedback-ID: {sender}"


_PLAIN_FILE_NAME = re.compile(r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*")
# RFC 2231 section 7: attribute-char.
_ATTRIBUTE_CHAR = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"
_P = [chr(b) if b in _ATTRIBUTE_CHAR else f"%{b:02X}" for b in range(256)]


def file_name_parameters(name: str) -> tuple[str, str]:
    """A file name as parameters of Content-Type (`name`) and Content-Disposition (`filename`).

    Plain ASCII is quoted in both. Anything else goes into `filename*` (RFC 2231), and `name` gets
    an ASCII replacement for readers without RFC 2231. There is no second `filename` beside
    `filename*`, because readers differ in which of the two they use. A path is cut to its last
    part; characters that turn the direction of text are left out, because with one of them a
    name's end, and so the file's kind, reads as another.

    Raises:
        HeaderError: the name has control characters.
    """
    check_text(name, "file name of an attachment")
    name = re.split(r"[/\\]", without_turns(name))[-1].strip() or "attachment"
    if len(name) <= 200 and _PLAIN_FILE_NAME.fullmatch(name) and "=?" not in name:
        return f'name="{name}"', f'filename="{name}"'
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, dot, suffix = re.sub(r"[^A-Za-z0-9.()-]+", "_", folded).rpartition(".")
    stand_in = f"{stem[:50] or 'attachment'}{dot}{suffix[:10]}" if dot else suffix[:60]
    return f'name="{stand_in or "attachment"}"', _rfc2231("filename", name)


def _rfc2231(parameter: str, value: str) -> str:
    """`parameter*=utf-8''...`, in numbered pieces of whole characters when it is long."""
    pieces = [""]
    for character in value:
        escaped = "".join(map(_P.__getitem__, character.encode()))
        if len(pieces[-1]) + len(escaped) > 50:
            pieces.append("")
        pieces[-1] += escaped
    if len(pieces) == 1:
        return f"{parameter}*=utf-8''{pieces[0]}"
    numbered = [f"{parameter}*{n}*={piece}" for n, piece in enumerate(pieces)]
    numbered[0] = f"{parameter}*0*=utf-8''{pieces[0]}"
    return ";\r\n ".join(numbered)
