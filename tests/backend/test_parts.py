"""What the files, pictures and messages in a message of Django become."""

import email.message
import email.policy
from email.mime.application import MIMEApplication
from email.mime.text import MIMEText
from typing import Any

import pytest

from tests.support.backend_messages import PNG, image, parts, plain, queued, with_html

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:MIMEBase attachments are deprecated"),
]


def test_a_picture_that_the_html_names_is_inline() -> None:
    html = "<img src='cid:logo'><img src='cid:b@x.example'>"
    message = with_html(html)
    message.attach(image())
    message.attach(image("<b@x.example>", "attachment"))
    message.attach(image("<elsewhere>", "attachment"))
    message.attach(image("", ""))
    assert [part[:4] for part in parts(queued(message))] == [
        ("logo.png", "image/png", "inline", "logo"),
        ("logo.png", "image/png", "inline", "b@x.example"),
        ("logo.png", "image/png", "attachment", "elsewhere"),
        ("", "image/png", "inline", ""),
    ]


def test_a_missing_picture_is_no_reason_to_refuse_the_mail() -> None:
    assert queued(with_html("<img src='cid:gone'>")).html_body == "<img src='cid:gone'>"


def test_a_part_of_the_modern_library() -> None:
    part = email.message.MIMEPart(policy=email.policy.default)
    part.set_content(PNG, maintype="image", subtype="png", cid="<logo>", disposition="inline")
    message = with_html("<img src='cid:logo'>")
    message.attachments.append(part)
    assert parts(queued(message)) == [("", "image/png", "inline", "logo", PNG)]


def test_files_of_every_kind() -> None:
    message = plain()
    message.attach("a.pdf", b"%PDF", "application/pdf")
    message.attach("b.csv", "Zoë;1")
    message.attach("c.csv", b"Zo\xeb;1", "text/csv")  # not UTF-8: Django calls it binary
    # What Django's attach() did not guess.
    message.attachments.append(("d.csv.gz", b"\x1f\x8b", None))
    message.attachments.append(("e.csv.bz2", b"BZh", None))
    message.attach(None, b"%PDF", "application/pdf")
    text = MIMEText("Zoë", "x-log", "iso-8859-1")
    text.add_header("Content-Disposition", "attachment", filename="Größe.log")
    message.attach(text)
    message.attach(MIMEApplication(b"zip", "zip", name="a.zip"))
    assert parts(queued(message)) == [
        ("a.pdf", "application/pdf", "attachment", "", b"%PDF"),
        ("b.csv", "text/csv; charset=utf-8", "attachment", "", "Zoë;1".encode()),
        ("c.csv", "application/octet-stream", "attachment", "", b"Zo\xeb;1"),
        ("d.csv.gz", "application/gzip", "attachment", "", b"\x1f\x8b"),
        ("e.csv.bz2", "application/x-bzip2", "attachment", "", b"BZh"),
        ("attachment.pdf", "application/pdf", "attachment", "", b"%PDF"),
        ("Größe.log", "text/x-log; charset=iso-8859-1", "attachment", "", b"Zo\xeb"),
        ("a.zip", "application/zip", "inline", "", b"zip"),
    ]


def test_a_text_file_keeps_the_charset_of_the_message() -> None:
    message = plain()
    message.encoding = "iso-8859-1"
    message.attach("b.csv", "Zoë;1")
    row = queued(message)
    assert parts(row) == [("b.csv", "text/csv; charset=iso-8859-1", "attachment", "", b"Zo\xeb;1")]


@pytest.mark.parametrize("kind", ["django", "library", "bytes", "text", "part"])
def test_a_message_in_a_message(kind: str) -> None:
    inner = plain(subject="Inner")
    content: Any = inner
    if kind != "django":
        content = email.message.EmailMessage()
        content["Subject"] = "Inner"
        content.set_content("Text")
    content = {"bytes": bytes, "text": str}.get(kind, lambda c: c)(content)
    message = plain()
    if kind == "part":
        part = email.message.MIMEPart(policy=email.policy.default)
        part.set_content(content, disposition="attachment")
        message.attachments.append(part)
    else:
        message.attach("inner.eml", content, "message/rfc822")
    ((name, mimetype, disposition, _, stored),) = parts(queued(message))
    assert (mimetype, disposition) == ("message/rfc822", "attachment")
    assert name == ("attachment.eml" if kind == "part" else "inner.eml")
    assert b"Subject: Inner" in stored
