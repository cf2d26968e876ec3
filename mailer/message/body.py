"""The body of a message: text, HTML and other parts as one MIME entity (RFC 2045, RFC 2046).

    mixed(related(alternative(text, HTML, calendar), pictures), files)

What is not needed is left out: most messages are an alternative of two, or a text alone.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from postroom.mailer.message.attached import alternative_entity, attached_entity, is_poorer
from postroom.mailer.message.entities import Chunks, boundary, multipart, text_entity
from postroom.mailer.rows.claimed_email import Attachment, ClaimedEmail
from postroom.shared.message_ids import bare_message_id
from postroom.shared.message_parts import Disposition

if TYPE_CHECKING:
    from postroom.shared.rendering.renderer import Content


def body_of(email: ClaimedEmail, content: "Content") -> Chunks:
    """The message without its own header fields, as chunks; the first is the entity's header.

    Raises:
        MessageError, HeaderError: a part cannot be written.
    """
    alone = not content.html and not email.attachments
    text, unsafe = text_entity("plain", content.text, "text body", alone=alone)
    if alone:
        last = text[-1]
        ended = isinstance(last, bytes) and last.endswith(b"\r\n")
        return text if ended else [*text, b"\r\n"]
    shown = [unsafe]
    forms = [text]
    key = blake2b(bare_message_id(email.message_id).encode(), digest_size=12).hexdigest()
    if content.html:
        html, unsafe = text_entity("html", content.html, "HTML body", alone=False)
        shown.append(unsafe)
        forms.append(html)
    if email.attachments:
        return _with_parts(email.attachments, forms, key, shown)
    return multipart("alternative", boundary(f"a{key}", shown), forms)


def _with_parts(
    parts: Sequence[Attachment], forms: list[Chunks], key: str, shown: list[bytes]
) -> Chunks:
    """`forms` (text, perhaps HTML) with the parts around it; `shown` as for `boundary`."""
    has_html = len(forms) == 2
    forms = _with_alternatives(parts, forms, shown)
    entity = forms[0]
    if len(forms) > 1:
        entity = multipart("alternative", boundary(f"a{key}", shown), forms)
    related: list[Chunks] = []
    rest: list[Chunks] = []
    for part in parts:
        # Without HTML, or without an id, nothing can show a part in its place.
        if part.disposition == Disposition.INLINE and part.content_id and has_html:
            related.append(attached_entity(part))
        elif part.disposition != Disposition.ALTERNATIVE:
            rest.append(attached_entity(part))
    if related:
        root = 'related;\r\n type="multipart/alternative"'  # RFC 2387 3.1
        entity = multipart(root, boundary(f"r{key}", shown), [entity, *related])
    if rest:
        entity = multipart("mixed", boundary(f"m{key}", shown), [entity, *rest])
    return entity


def _with_alternatives(
    parts: Sequence[Attachment], forms: list[Chunks], shown: list[bytes]
) -> list[Chunks]:
    """Every form of the body, the richest last (RFC 2046 5.1.4)."""
    poorer: list[Chunks] = []
    richer: list[Chunks] = []
    for part in parts:
        if part.disposition == Disposition.ALTERNATIVE:
            entity, unsafe = alternative_entity(part)
            shown.append(unsafe)
            (poorer if is_poorer(part) else richer).append(entity)
    return [forms[0], *poorer, *forms[1:], *richer]
