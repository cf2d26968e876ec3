"""Checks the parts of one call: where each belongs, and whether the HTML names it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from postroom.shared.header_rules import HeaderError
from postroom.shared.message_parts import Disposition, check_content_id, references
from postroom.web.emails.attachment import Attachment
from postroom.web.emails.errors import EmailRequestError

if TYPE_CHECKING:
    from postroom.web.emails.queueing.attachments import StoredFile

_DISPOSITIONS: Final = tuple(one.value for one in Disposition)


def check_parts(html: str, files: Sequence["StoredFile"], *, template: bool) -> None:
    """Make sure that parts and HTML fit together; what a `template` will name cannot be known.

    Raises:
        EmailRequestError: an inline part without a Content-ID or without HTML, an id given twice,
            or a `cid:` in the HTML without its part.
    """
    ids = [file.content_id for file in files if file.content_id]
    if twice := next((one for one in ids if ids.count(one) > 1), ""):
        raise EmailRequestError("attachments", f"two have the content_id {twice!r}")
    for file in files:
        if file.disposition == Disposition.INLINE and not (file.content_id and (html or template)):
            raise EmailRequestError(
                "attachments",
                f"{file.name!r} is inline, so it needs a content_id and HTML that shows it: "
                f'<img src="cid:{file.content_id or "logo"}">',
            )
    for one in references(html):
        if one not in ids:
            raise EmailRequestError(
                "html_body",
                f"names cid:{one}, and no attachment has the content_id {one!r}: add "
                f'Attachment(name, content, disposition="inline", content_id={one!r})',
            )


def place(part: Attachment) -> tuple[str, str]:
    """The disposition and the Content-ID, checked.

    Raises:
        EmailRequestError: one of them cannot be used.
    """
    if part.disposition not in _DISPOSITIONS:
        raise EmailRequestError(
            "attachments",
            f"the disposition {part.disposition!r} is not one of {', '.join(_DISPOSITIONS)}",
        )
    try:
        if part.content_id:
            check_content_id(part.content_id)
    except HeaderError as error:
        raise EmailRequestError("attachments", str(error)) from error
    return str(part.disposition), part.content_id
