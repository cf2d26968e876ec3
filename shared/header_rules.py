"""Rules for header fields, mailboxes and one-line texts; checked at the call and when building."""

import re
from collections.abc import Mapping
from typing import Final

from postroom.shared.errors import HeaderError as HeaderError

MAX_NAME: Final = 50  # an encoded word and the name share one line of 76 (RFC 2047 section 2)
MAX_VALUE: Final = 8000
MAX_WORD: Final = 900  # text that cannot be folded must stay below 998 octets (RFC 5322 2.1.1)
MAX_ADDRESS: Final = 320  # 64 for the local part, 255 for the domain (RFC 5321 4.5.3.1)

RESERVED: Final = frozenset(
    {
        "arc-authentication-results", "arc-message-signature", "arc-seal",
        "authentication-results", "bcc", "cc", "date", "delivered-to", "dkim-signature",
        "domainkey-signature", "errors-to", "from", "message-id", "mime-version", "received",
        "received-spf", "reply-to", "return-path", "sender", "subject", "to",
    }
)  # fmt: skip
RESERVED_PREFIXES: Final = ("content-", "resent-")

# Structured fields a reader takes literally: an encoded word in them breaks one-click unsubscribe
# (RFC 8058), threading and Gmail's feedback loop, so they travel as they are, in ASCII.
VERBATIM: Final = frozenset(
    {
        "feedback-id", "in-reply-to", "list-archive", "list-help", "list-id", "list-owner",
        "list-post", "list-subscribe", "list-unsubscribe", "list-unsubscribe-post", "references",
    }
)  # fmt: skip

# The values of RFC 3834 section 5. `no` is for mail a person typed.
AUTO_SUBMITTED: Final = frozenset({"auto-generated", "auto-notified", "auto-replied", "no"})

_FIELD_NAME = re.compile(r"[!-9;-~]+")
_PRINTABLE = re.compile(r"[ -~]*")
# C0, DEL, C1, the two Unicode line breaks, and lone surrogates, which no UTF-8 can carry.
_CONTROLS: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
# Embeddings, overrides and isolates: they turn the direction of what follows on the line (UAX #9
# sections 2.1 to 2.5). Marks (U+061C, U+200E, U+200F) turn nothing but their neighbours, and stay.
_TURNING: Final = "\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_TURNS = re.compile(f"[{_TURNING}]+")
_UNSHOWN = re.compile(f"[{_CONTROLS}{_TURNING}]+")
_IN_QUOTES = r'"(?:[^"\\]|\\.)*"'
_QUOTED = re.compile(_IN_QUOTES)
_WORDS = re.compile("(?:^| )( *[^ ]+)")
# `name <address>`, where brackets inside quotes are text (RFC 5322 3.2.4).
_ANGLE = re.compile(rf'((?:[^"<]|{_IN_QUOTES})*)<((?:[^"<>]|{_IN_QUOTES})*)>')
_ONE_ADDRESS: Final = (
    'One address is expected, like Ann <ann@example.org>; write "Doe, Ann" in quotes when '
    'the name holds any of < > , ; " \\.'
)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def check_text(value: str, what: str, limit: int = 0) -> None:
    """Refuse control characters in a subject, display name or file name, and more than `limit`.

    `=?` is allowed here: the mailer encodes such text whole, so that it is read back as text.
    `limit` is in characters; 0 means none. Raises HeaderError.
    """
    found = None if value.isprintable() else _CONTROL.search(value)
    if found is not None:
        raise HeaderError(
            f"The {what} has a control character or line break (U+{ord(found[0]):04X} at "
            f"position {found.start() + 1}); it must be one line of text."
        )
    if limit and len(value) > limit:
        raise HeaderError(f"The {what} is {len(value)} characters long; at most {limit}.")


def without_controls(value: str) -> str:
    """The text without what `check_text` refuses and what `without_turns` removes."""
    return value if value.isprintable() else _UNSHOWN.sub("", value)


def without_turns(value: str) -> str:
    """The text without characters that turn the direction of what follows it on a line.

    So that a typed name cannot reorder the rest of a subject or sentence, nor a file's name hide
    its kind. Text in any script reads the same without them: letters bring their direction.
    """
    return value if value.isascii() or value.isprintable() else _TURNS.sub("", value)


def check_header(name: str, value: str) -> None:
    """Refuse a header field that a caller may not set (RFC 5322 3.6.8, RFC 2047 section 5).

    Raises HeaderError when the name is not a field name or is reserved, or when the value has
    control characters, `=?`, or parts too long for a line.
    """
    if not _FIELD_NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise HeaderError(
            f"{name[:MAX_NAME]!r} is not a header name: it takes 1 to {MAX_NAME} printable ASCII "
            "characters without colon or space (RFC 5322 3.6.8)."
        )
    lower = name.lower()
    if lower in RESERVED or lower.startswith(RESERVED_PREFIXES):
        raise HeaderError(
            f"The header {name} is set by Postroom and cannot be given; use the e-mail's fields."
        )
    check_text(value, f"value of the header {name}", MAX_VALUE)
    if "=?" in value:
        raise HeaderError(
            f"The value of the header {name} holds '=?', which starts an encoded word (RFC 2047); "
            "write it as plain text."
        )
    if not value.strip():
        raise HeaderError(f"The header {name} is empty; leave it out instead.")
    if lower == "auto-submitted" and value.partition(";")[0].strip().lower() not in AUTO_SUBMITTED:
        raise HeaderError(
            f"Auto-Submitted takes one of {', '.join(sorted(AUTO_SUBMITTED))} (RFC 3834, RFC 5436)."
        )
    if lower in VERBATIM:
        _check_verbatim(name, value)
    # A fold stands for one space; others before a word are part of it.
    if value.isascii() and max(map(len, _WORDS.findall(value.strip(" ")))) > MAX_WORD:
        raise HeaderError(
            f"The header {name} has a part longer than {MAX_WORD} characters without a single "
            "space, which fits on no line (RFC 5322 2.1.1); in JSON, write one after each comma."
        )


def _check_verbatim(name: str, value: str) -> None:
    if not _PRINTABLE.fullmatch(value) or value != value.strip():
        raise HeaderError(
            f"The header {name} is sent as it is, so it takes printable ASCII without spaces at "
            "its ends; percent-encode a URL."
        )


def check_headers(headers: Mapping[str, str]) -> None:
    """`check_header` for each field; also refuse a name that is given twice, in any case."""
    seen: set[str] = set()
    for name, value in headers.items():
        check_header(name, value)
        if name.lower() in seen:
            raise HeaderError(f"The header {name} is given twice.")
        seen.add(name.lower())


def check_language(value: str) -> None:
    """Raise HeaderError unless it is a tag such as `de` or `pt-BR` (RFC 3282, RFC 5646 2.1)."""
    if not _LANGUAGE.fullmatch(value) or len(value) > 35:
        raise HeaderError("The language is not a language tag such as 'de' or 'pt-BR'.")


def split_mailbox(value: str) -> tuple[str, str]:
    """Split `Ann <ann@example.org>`, `"Doe, Ann" <ann@example.org>` or a bare address.

    A name may be several words, each quoted or not (RFC 5322 3.2.5, phrase).

    Returns (display name, address); the caller checks the address itself. Raises HeaderError for
    anything that could be read as several addresses (CVE-2023-27043 is about parsers that guess).
    """
    check_text(value, "address")
    text = value.strip()
    if not text.endswith(">"):
        return "", text
    found = _ANGLE.fullmatch(text)
    if found is None:
        raise HeaderError(_ONE_ADDRESS)
    name, address = found[1].strip(), found[2]
    if any(c in _QUOTED.sub("", name) for c in '<>,;"\\'):
        raise HeaderError(_ONE_ADDRESS)
    return _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[0][1:-1]), name), address
