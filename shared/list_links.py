"""The link by which a person leaves a list, as the header of an e-mail has it (RFC 2369 3.2)."""

import re
from collections.abc import Mapping
from typing import Final

_LINK: Final = re.compile(r"<(https?://[^<>\s]+)>", re.IGNORECASE)


def unsubscribe_link(headers: Mapping[str, str]) -> str:
    """The first web link of `List-Unsubscribe`; '' without one."""
    for name, value in headers.items():
        if name.lower() == "list-unsubscribe" and (found := _LINK.search(value)):
            return found[1]
    return ""
