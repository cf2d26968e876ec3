"""Bodies and attachments of messages built by hand: structure, encodings, boundaries."""

import re

import pytest

from postroom.mailer.message.build import build
from postroom.mailer.rows.claimed_email import Attachment
from tests.support.sample_messages import an_email, content, raw_header, read


def test_text_comes_first_and_attachments_outermost() -> None:
    files = (Attachment("a.pdf", "application/pdf", b"%PDF"),)
    message = read(build(an_email(attachments=files), content(html="<p>Hi</p>")))
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("x" * 998 + "\n", "7bit"),
        ("x" * 999 + "\n", "quoted-printable"),
        ("form\x0cfeed and much else\n", "quoted-printable"),
        ("Grüße aus Köln, schreiben Sie uns\n", "quoted-printable"),
        ("你好世界\n", "base64"),
    ],
)
def test_encoding_suits_the_text(text: str, encoding: str) -> None:
    built = build(an_email(), content(text=text))
    assert raw_header(built, "Content-Transfer-Encoding") == encoding
    assert read(built).get_payload(decode=True).decode().replace("\r\n", "\n") == text


@pytest.mark.parametrize("width", range(60, 160))
def test_quoted_printable_keeps_to_76_columns(width: int) -> None:
    text = f"é{'x' * width} \n" * 2
    built = build(an_email(), content(text=text))
    assert max(map(len, built.data.split(b"\r\n"))) <= 76
    assert read(built).get_payload(decode=True).decode().replace("\r\n", "\n") == text


@pytest.mark.parametrize("text", ["a\r\nb\rc\nd", "ä\r\nb\rc\nd, more text", "中\r\n文\r字\n母"])
def test_line_breaks_become_crlf(text: str) -> None:
    built = build(an_email(), content(text=text))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", built.data)
    decoded = read(built).get_payload(decode=True).decode().removesuffix("\r\n")
    assert decoded == re.sub("\r\n|\r|\n", "\r\n", text)


def test_boundary_avoids_what_the_text_holds() -> None:
    first = build(an_email(), content(text="x", html="y"))
    boundary = read(first).get_boundary()
    hostile = content(text=f"--{boundary}\r\n--{boundary}--\r\n", html=f"--{boundary}")
    message = read(build(an_email(), hostile))
    assert message.get_boundary() != boundary
    assert message.get_payload(0).get_content() == f"--{boundary}\r\n--{boundary}--\r\n"


@pytest.mark.parametrize("mimetype", ["message/rfc822", "multipart/mixed"])
def test_attached_messages_travel_as_opaque_files(mimetype: str) -> None:
    inner = b"Subject: x\n\nbare line ends\n"
    files = (Attachment("mail.eml", mimetype, inner),)
    part = next(read(build(an_email(attachments=files), content())).iter_attachments())
    assert part.get_content_type() == "application/octet-stream"
    assert (part.get_content(), part.get_filename()) == (inner, "mail.eml")


def test_text_attachment_says_utf_8_only_when_it_is() -> None:
    files = (
        Attachment("a.csv", "text/csv", "ä".encode()),
        Attachment("b.csv", "text/csv", b"\xe4"),
    )
    parts = list(read(build(an_email(attachments=files), content())).iter_attachments())
    assert [part.get_content_charset() for part in parts] == ["utf-8", None]


def test_file_name_is_only_the_last_part_of_a_path() -> None:
    names = ["../../etc/passwd", "C:\\x\\y.txt", "dir/"]
    files = tuple(Attachment(name, "text/plain", b"") for name in names)
    parts = read(build(an_email(attachments=files), content())).iter_attachments()
    assert [part.get_filename() for part in parts] == ["passwd", "y.txt", "attachment"]
