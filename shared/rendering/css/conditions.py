"""Conditional comments by which a template hides from Outlook what all others see.

`<!--[if !mso]><!--> ... <!--<![endif]-->`, or `<![if !mso]> ... <![endif]>`. What is for Outlook
alone stands within one comment, which no parser looks into.
"""

import re
from typing import Final

_BEGINS: Final = re.compile(r"<!(?:--)?\[if\b(?!.*<!\[endif\])", re.IGNORECASE | re.DOTALL)
_ENDS: Final = re.compile(r"<!(?:--\s*<!)?\[endif\]", re.IGNORECASE)


def inside_after(comment: str, inside: bool) -> bool:
    """Whether what follows a comment is hidden from Outlook; `inside`: whether it was before."""
    return bool(_BEGINS.match(comment)) or (inside and not _ENDS.match(comment))
