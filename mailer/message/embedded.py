"""A message attached to a message (message/rfc822), which may be 7bit but not base64."""

import email
import email.policy
import re
from typing import Final

_UNFIT: Final = re.compile(rb"[^\t\n\r -~]|[^\r\n]{999}")
_HEADER: Final = re.compile(rb"[!-9;-~]+[ \t]*:")


def as_7bit(content: bytes) -> bytes | None:
    """The message with CRLF lines of at most 998 octets of ASCII (RFC 2046 5.2.1).

    One that has other octets is written again with its parts encoded. None: it is not a message,
    or has no form in ASCII.
    """
    if not _HEADER.match(content):
        return None
    if _UNFIT.search(content):
        # A rare case, and the library takes half a megabyte.
        policy = email.policy.SMTP.clone(cte_type="7bit", max_line_length=76)
        try:
            content = email.message_from_bytes(content, policy=policy).as_bytes()
        except (UnicodeError, ValueError, LookupError, AttributeError, IndexError, KeyError):
            return None
        if _UNFIT.search(content):
            return None
    return re.sub(rb"\r\n|\r|\n", b"\r\n", content)
