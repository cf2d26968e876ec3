"""The form of a Message-ID (RFC 5322 3.6.4); checked at the call and when building."""

import re
from typing import Final

from postroom.shared.addresses import ATEXT
from postroom.shared.errors import HeaderError

_MESSAGE_ID: Final = re.compile(rf"[{ATEXT}]+(?:\.[{ATEXT}]+)*@[A-Za-z0-9._\[\]:-]+")


def bare_message_id(value: str) -> str:
    """A Message-ID, given with or without angle brackets, without them.

    Raises:
        HeaderError: it is not like <unique@example.org>.
    """
    bare = value.strip().removeprefix("<").removesuffix(">")
    if len(bare) > 248 or not _MESSAGE_ID.fullmatch(bare):
        raise HeaderError("The Message-ID is not like <unique@example.org> (RFC 5322 3.6.4).")
    return bare
