"""How the text part writes what a link leads to."""

import re
from typing import Final
from urllib.parse import unquote

_MAILTO: Final = re.compile(r"mailto:([^?#]+)\Z", re.IGNORECASE)


def written(target: str) -> str:
    """A link's target; of a `mailto:` with nothing but addresses these alone (RFC 6068).

    With a subject or a text it stays whole, since an address alone would lose these.
    """
    found = _MAILTO.match(target)
    if not found:
        return target
    addresses = unquote(found[1])
    return addresses if addresses.isprintable() and "\ufffd" not in addresses else target
