"""Parts of a message besides its text and HTML: where each belongs, and its Content-ID."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from postroom.shared.errors import HeaderError

MAX_CONTENT_ID: Final = 250
_CONTENT_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@:\[\]-]+")
# `src="cid:logo"`, `url(cid:logo)`: addresses of HTML and CSS (RFC 2392 section 2).
_REFERENCE: Final = re.compile(r"""(?:=\s*["']?|\(\s*["']?)cid:([^"'\s<>)]+)""", re.IGNORECASE)


class Disposition(StrEnum):
    """Where a part belongs in the message (RFC 2183, RFC 2046 5.1.4).

    `inline`: shown within the HTML, which names its Content-ID as `cid:`. `alternative`: another
    form of the body, such as text/calendar.
    """

    ATTACHMENT = "attachment"
    INLINE = "inline"
    ALTERNATIVE = "alternative"


def check_content_id(value: str) -> None:
    """Refuse what cannot be a Content-ID without its angle brackets (RFC 2045 section 7).

    Raises:
        HeaderError: other characters than those of an address, or too many.
    """
    if len(value) > MAX_CONTENT_ID or not _CONTENT_ID.fullmatch(value):
        raise HeaderError(
            f"{value[:MAX_CONTENT_ID]!r} is not a Content-ID: it takes 1 to {MAX_CONTENT_ID} "
            "letters, digits and signs without spaces, like logo or logo@example.org."
        )


def references(html: str) -> Iterable[str]:
    """The Content-IDs that the HTML names as `cid:`, in its order."""
    return map(unquote, _REFERENCE.findall(html)) if "cid:" in html.lower() else ()
