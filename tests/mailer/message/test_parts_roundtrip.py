"""Whatever parts are asked for are read back in their places."""

import email
import email.policy
from typing import Any

from hypothesis import given, settings

from postroom.mailer.message.attached import is_poorer
from postroom.mailer.message.build import build
from postroom.mailer.rows.claimed_email import Attachment
from postroom.shared.message_parts import Disposition
from tests.mailer.message.test_roundtrip import (
    POLICIES,
    any_parts,
    body,
    check_wire,
    normal,
    payload,
    steady,
)
from tests.support.sample_messages import an_email, content


def level(message: Any, kind: str) -> tuple[list[Any], list[Any]]:
    """The entities under a multipart of this type, and what is beside them: none, if it is not."""
    if message.get_content_type() != f"multipart/{kind}":
        return [message], []
    first, *others = message.get_payload()
    return [first], others


@settings(steady, max_examples=200)
@given(any_parts, body, body)
def test_any_parts_read_back_in_their_places(
    given_parts: list[Attachment], text: str, html: str
) -> None:
    built = build(an_email(attachments=tuple(given_parts)), content(text=text, html=html))
    check_wire(built.data)
    for policy in POLICIES:
        message: Any = email.message_from_bytes(built.data, policy=policy)
        assert not [part.defects for part in message.walk() if part.defects]
        (root,), files = level(message, "mixed")
        (shown,), pictures = level(root, "related")
        forms = shown.get_payload() if shown.get_content_type() in MULTI else [shown]
        by = {one: [p for p in given_parts if p.disposition == one] for one in Disposition}
        inside = [p for p in by[Disposition.INLINE] if p.content_id and html]
        assert [facts(p) for p in pictures] == [wanted(p) for p in inside]
        beside = [p for p in given_parts if p not in inside and p.disposition != "alternative"]
        assert [facts(p) for p in files] == [wanted(p) for p in beside]
        before = [p for p in by[Disposition.ALTERNATIVE] if is_poorer(p)]
        after = [p for p in by[Disposition.ALTERNATIVE] if not is_poorer(p)]
        at = 1 + len(before)
        alone = len(forms) == 1 and not (files or pictures)
        assert normal(payload(forms[0]), alone=alone) == normal(text, alone=alone)
        assert [form(p) for p in forms[1:at]] == [wanted_form(p) for p in before]
        if html:
            assert (forms[at].get_content_type(), payload(forms[at])) == ("text/html", normal(html))
            at += 1
        assert [form(p) for p in forms[at:]] == [wanted_form(p) for p in after]
        if pictures:
            assert root.get_param("type") == "multipart/alternative"


MULTI = ("multipart/alternative",)


def facts(part: Any) -> tuple[Any, ...]:
    return (
        part.get_content_type(), part.get_content_disposition(), str(part["Content-ID"] or ""),
        part.get_payload(decode=True),
    )  # fmt: skip


def wanted(part: Attachment) -> tuple[Any, ...]:
    content_id = f"<{part.content_id}>" if part.content_id else ""
    return (part.mimetype.partition(";")[0], part.disposition, content_id, part.content)


def form(part: Any) -> tuple[Any, ...]:
    assert part.get_content_disposition() is None
    data = part.get_payload(decode=True)
    return (part.get_content_type(), part.get_param("method"), *lines_or_bytes(data))


def wanted_form(part: Attachment) -> tuple[Any, ...]:
    method = "REQUEST" if "method=" in part.mimetype else None
    return (part.mimetype.partition(";")[0], method, *lines_or_bytes(part.content))


def lines_or_bytes(data: bytes) -> tuple[str | bytes]:
    """Text is the same whatever its line ends."""
    try:
        return (normal(data.decode()),)
    except UnicodeDecodeError:
        return (data,)
