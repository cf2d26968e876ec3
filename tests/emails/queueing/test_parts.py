"""Pictures within the HTML and other forms of the body, from the call to the row and its copy."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postroom import Attachment, IdempotencyConflictError
from postroom.web.emails import selectors
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.emails.operating import message_outline, preview
from postroom.web.emails.operating.send_again import send_again
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db

LOGO = Attachment("logo.png", b"\x89PNG", disposition="inline", content_id="logo@example.org")
INVITE = Attachment(
    "", "BEGIN:VCALENDAR", "text/calendar; method=REQUEST", disposition="alternative"
)
SHOWN = '<p><img src="cid:logo@example.org"></p>'


def parts_of(email: EmailQueue) -> list[tuple[str, ...]]:
    fields = ("name", "mimetype", "disposition", "content_id")
    return list(EmailAttachment.objects.filter(email=email).order_by("pk").values_list(*fields))


def test_parts_are_stored_with_their_places() -> None:
    email = send(html_body=SHOWN, attachments=[LOGO, INVITE, ("a.pdf", b"%PDF", "")])
    assert email.attachment_count == 3
    assert parts_of(email) == [
        ("logo.png", "image/png", "inline", "logo@example.org"),
        ("", "text/calendar; method=REQUEST", "alternative", ""),
        ("a.pdf", "application/pdf", "attachment", ""),
    ]


def test_content_may_be_a_path_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"abc")
    files = [
        Attachment("", path),
        Attachment("b.csv", ContentFile(b"1;2", name="x.bin")),
        Attachment("c.txt", "ä", "text/plain; charset=iso-8859-1"),
    ]
    email = send(attachments=files)
    stored = EmailAttachment.objects.filter(email=email).order_by("pk").select_related("blob")
    assert [(f.name, bytes(f.blob.content)) for f in stored] == [
        ("notes.txt", b"abc"),
        ("b.csv", b"1;2"),
        ("c.txt", b"\xe4"),
    ]


def inline(**changes: Any) -> Attachment:
    values = {"name": "a.png", "content": b"x", "disposition": "inline", "content_id": "a"}
    return Attachment(**values | changes)


@pytest.mark.parametrize(
    ("html", "files", "message"),
    [
        ("", [inline()], r"attachments: 'a.png' is inline, so it needs a content_id and HTML"),
        ("<p>x</p>", [inline(content_id="")], r"attachments: 'a.png' is inline, .*cid:logo"),
        ("<p>x</p>", [inline(), inline()], r"attachments: two have the content_id 'a'"),
        ("<img src='cid:b'>", [inline()], r"html_body: names cid:b, and no attachment .* 'b'"),
        ("<img src=CID:b>", [inline()], r"html_body: names cid:b"),
        ("<p style='background:url(cid:a%40b)'>", [], r"html_body: names cid:a@b"),
        ("<p>x</p>", [inline(content_id="a b")], r"attachments: 'a b' is not a Content-ID"),
        ("<p>x</p>", [inline(content_id="<a>")], r"attachments: '<a>' is not a Content-ID"),
        ("<p>x</p>", [inline(content_id="a\r\nX: y")], r"is not a Content-ID"),
        ("<p>x</p>", [inline(disposition="embedded")], r"the disposition 'embedded' is not one"),
        ("<p>x</p>", [inline(content=5)], r"attachments: each is a path"),
        ("<p>x</p>", [inline(content=BytesIO(b"x"))], r"attachments: each is a path"),
        ("<p>x</p>", [inline(content_id=5)], r"content_id of an Attachment must be text"),
        ("<p>x</p>", [inline(mimetype="png")], r"attachments: 'png' is not a type"),
        ("<p>x</p>", [inline(name="", disposition="attachment")], r"1 to 255 characters"),
    ],
)
def test_a_part_that_does_not_fit_is_refused(
    html: str, files: list[Attachment], message: str
) -> None:
    with pytest.raises(EmailRequestError, match=message):
        send(html_body=html, attachments=files)
    assert not EmailQueue.objects.exists()


def test_text_about_cid_is_not_a_reference() -> None:
    send(html_body="<p>Our cid: 7 and cid:8 </p>")


@pytest.mark.parametrize(
    "change",
    [{"content_id": "b"}, {"disposition": "attachment"}, {"mimetype": "image/gif"}],
)
def test_another_place_is_another_call(change: dict[str, Any]) -> None:
    send(idempotency_key="k", html_body="<p>x</p>", attachments=[inline()])
    send(idempotency_key="k", html_body="<p>x</p>", attachments=[inline()])
    with pytest.raises(IdempotencyConflictError):
        send(idempotency_key="k", html_body="<p>x</p>", attachments=[inline(**change)])


def test_parts_need_no_statement_more_than_files() -> None:
    counts = []
    for files in ([("a", b"1", "a/b"), ("b", b"2", "a/b")], [LOGO, INVITE]):
        with CaptureQueriesContext(connection) as captured:
            send(html_body=SHOWN if LOGO in files else "", attachments=files)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_sent_again_it_has_the_same_parts() -> None:
    email = send(html_body=SHOWN, attachments=[LOGO, INVITE])
    user = User.objects.create_superuser("root")
    copy = send_again(email, "ben@example.org", user, press="1")
    assert parts_of(copy) == parts_of(email)


def test_the_outline_shows_the_tree() -> None:
    email = send(html_body=SHOWN, attachments=[LOGO, INVITE, ("a.pdf", b"%PDF", "")])
    tree = message_outline.parts(preview.content_of(email), selectors.attachments(email))
    assert tree.splitlines() == [
        "multipart/mixed",
        "  multipart/related",
        "    multipart/alternative",
        "      text/plain, 10 bytes",
        f"      text/html, {len(SHOWN)} bytes",
        "      text/calendar; method=REQUEST, 15 bytes",
        "    image/png, logo.png, 4 bytes, cid:logo@example.org",
        "  application/pdf, a.pdf, 4 bytes",
    ]
