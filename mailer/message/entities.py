"""The pieces of a MIME entity: text, base64 and multipart (RFC 2045, RFC 2046).

An entity is a list of chunks, the first of them its header with the empty line. A chunk that is a
memoryview is written in base64 only when all are joined: memory holds what is large once.
"""

import struct
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias

from postroom.mailer.errors import MessageError
from postroom.mailer.message.headers import LONGEST

Chunks: TypeAlias = list[bytes | memoryview]
LARGE: Final = 1_000_000  # octets


def boundary(key: str, shown: list[bytes]) -> str:
    """A boundary that no part contains. `=_` occurs in no encoded part (RFC 2045 6.7)."""
    number = 0
    while any(f"=_{key}.{number}".encode() in part for part in shown):
        number += 1
    return f"=_{key}.{number}"


def multipart(subtype: str, between: str, entities: Iterable[Chunks]) -> Chunks:
    """The entities with the boundary `between` them; `subtype` may have parameters."""
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{between}"\r\n\r\n'
    chunks: Chunks = [head.encode()]
    delimiter = f"--{between}\r\n".encode()
    for entity in entities:
        chunks += (delimiter, *entity, b"\r\n")  # this CRLF belongs to the next delimiter
    chunks.append(f"--{between}--\r\n".encode())
    return chunks


_UNQUOTED: Final = bytes({9, 10, *range(32, 127)} - {ord("=")})  # RFC 2045 6.7


def text_entity(subtype: str, text: str, what: str, *, alone: bool) -> tuple[Chunks, bytes]:
    """A text part, and those of its bytes that are unencoded in the message.

    `subtype` may have parameters, but no charset: that is UTF-8. 7bit if possible, quoted-printable
    if mostly ASCII, else base64; never 8bit, which a server may refuse. Alone it ends with a line
    break, because the message has to.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as problem:
        raise MessageError(
            f"The {what} has half a surrogate pair at character {problem.start + 1}, which is not "
            "text in any encoding."
        ) from None
    if b"\0" in data:
        raise MessageError(f"The {what} has a NUL character at byte {data.index(0) + 1}.")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if alone and not data.endswith(b"\n"):
        data += b"\n"
    to_quote = data.translate(None, _UNQUOTED)
    other = len(to_quote) - to_quote.count(b"=")
    if not other and _lines_fit(data):
        lines = data.replace(b"\n", b"\r\n")
        return [_text_header(subtype, "7bit"), lines], lines
    if len(to_quote) * 6 <= len(data):  # beyond that base64 is shorter
        return [_text_header(subtype, "quoted-printable"), *_quoted(data)], b""
    # A line break is CRLF before it is encoded (RFC 2045 6.8).
    return [_text_header(subtype, "base64"), *base64_lines(data.replace(b"\n", b"\r\n"))], b""


def _quoted(data: bytes) -> Iterator[bytes]:
    """These lines in quoted-printable, some at a time: a list of all lines may take much memory."""
    start = 0
    while len(data) - start > _AT_ONCE and (end := data.rfind(b"\n", start, start + _AT_ONCE)) >= 0:
        yield _quoted_lines(data[start:end].split(b"\n")) + b"\r\n"
        start = end + 1
    yield _quoted_lines(data[start:].split(b"\n") if start else data.split(b"\n"))


def _quoted_lines(lines: list[bytes]) -> bytes:
    """Each line by itself, since most are the same in every e-mail.

    Also, binascii exceeds 76 columns if a line other than the last ends in a space that it must
    encode (RFC 2045 6.7 (5)).
    """
    encode = _remembering if max(map(len, lines)) <= _REMEMBERED else _quoted_line
    return b"\r\n".join(map(encode, lines))


def _quoted_line(line: bytes) -> bytes:
    return b2a_qp(line).replace(b"\n", b"\r\n")


_AT_ONCE: Final = 1_000_000  # octets
_REMEMBERED: Final = 512  # octets of a line; 1,024 such lines are at most a megabyte
_remembering = lru_cache(1024)(_quoted_line)


def _lines_fit(data: bytes) -> bool:
    """Whether no line exceeds 998 octets; jumps to the last line end within each 998."""
    start = 0
    while len(data) - start > LONGEST:
        start = data.rfind(b"\n", start, start + LONGEST + 1) + 1
        if not start:
            return False
    return True


@lru_cache(64)  # callers' types come with parameters of their own
def _text_header(subtype: str, encoding: str) -> bytes:
    return (
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode()


_LINES: Final = struct.Struct("76s" * 128)


def base64_lines(data: bytes) -> Chunks:
    """Base64 in lines of 76, without a line break at the end (RFC 2045 6.8)."""
    return [memoryview(data)] if len(data) >= LARGE else [*encoded(memoryview(data))]


def encoded(data: memoryview) -> Iterator[bytes]:
    """The same, some lines at a time.

    `struct` cuts 128 lines at once. See what-speed-costs: base64 lines by struct.
    """
    step = 57 * 128
    whole = len(data) // step * step
    for start in range(0, whole, step):
        if start:
            yield b"\r\n"
        block = b2a_base64(data[start : start + step], newline=False)
        yield b"\r\n".join(_LINES.unpack(block))
    if whole < len(data):
        if whole:
            yield b"\r\n"
        rest = b2a_base64(data[whole:], newline=False)
        yield b"\r\n".join([rest[i : i + 76] for i in range(0, len(rest), 76)])
