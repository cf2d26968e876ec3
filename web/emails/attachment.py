"""`Attachment`: a part of an e-mail that is more than a file with a name and a type."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture within the HTML, another form of the body, or a file.

        Attachment("logo.png", data, disposition="inline", content_id="logo")
        Attachment("", calendar, "text/calendar; method=REQUEST", disposition="alternative")

    The first is for `<img src="cid:logo">`. `content` is bytes, text (in the charset of `mimetype`,
    else UTF-8), a path, a Django `File` or a message. `mimetype` may have parameters; empty, it is
    guessed from the name. `disposition` is `attachment`, `inline` or `alternative`; only an
    attachment needs a name. `content_id` has no angle brackets (RFC 2392). `send_email_task` checks
    everything.
    """

    name: str
    content: Any
    mimetype: str = ""
    disposition: str = "attachment"
    content_id: str = ""
