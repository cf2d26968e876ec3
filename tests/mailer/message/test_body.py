"""Bodies and attachments of messages built by hand: structure, encodings, boundaries."""

import re

import pytest

from postroom.mailer.errors import MessageError
from postroom.mailer.message.brand_logo import with_logo
from postroom.mailer.message.build import build
from postroom.mailer.rows.claimed_email import Attachment
from postroom.shared.branding import LOGO_ID, Logo
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


def test_logo_travels_with_the_html_that_shows_it_and_no_other() -> None:
    logo = Logo(b"picture", "image/png", 10, 10)
    shown = f'<img src="cid:{LOGO_ID}">'
    email = with_logo(an_email(), shown, logo)
    message = read(build(email, content(html=shown)))
    [part] = [one for one in message.walk() if one.get_content_type() == "image/png"]
    assert (part["Content-ID"], part.get_content_disposition()) == (f"<{LOGO_ID}>", "inline")
    assert part.get_payload(decode=True) == b"picture"
    assert with_logo(an_email(), "<p>", logo) == an_email()
    assert with_logo(email, shown, logo) == email  # the call gave one itself


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


@pytest.mark.parametrize(
    ("mimetype", "inner"),
    [
        ("multipart/mixed", b"--a\n\n--a--\n"),
        ("message/partial", b"Subject: x\n\nx\n"),
        ("message/rfc822", b"\0\1 not a message"),
        ("message/rfc822", b""),
    ],
)
def test_what_cannot_be_embedded_travels_as_an_opaque_file(mimetype: str, inner: bytes) -> None:
    files = (Attachment("mail.eml", mimetype, inner),)
    part = next(read(build(an_email(attachments=files), content())).iter_attachments())
    assert part.get_content_type() == "application/octet-stream"
    assert (part.get_content(), part.get_filename()) == (inner, "mail.eml")


INNER = (
    "Subject: =?utf-8?q?=C3=A4?=\nFrom: a@example.org\nContent-Type: text/plain; charset=utf-8\n"
)


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (b"Subject: x\n\nbare line ends\n", "bare line ends\n"),
        (b"Subject: x\r\n\r\ntwo\r\nlines\r\n", "two\nlines\n"),
        (f"{INNER}Content-Transfer-Encoding: 8bit\n\n\u00e4\u00f6\n".encode(), "\u00e4\u00f6\n"),
    ],
)
def test_a_message_is_attached_as_a_message(inner: bytes, text: str) -> None:
    built = build(
        an_email(attachments=(Attachment("mail.eml", "message/rfc822", inner),)), content()
    )
    part = next(read(built).iter_attachments())
    assert part.get_content_type() == "message/rfc822"
    assert part.get_content().get_content().replace("\r\n", "\n") == text
    assert part.get_filename() == "mail.eml"
    assert built.data.isascii()
    assert max(map(len, built.data.split(b"\r\n"))) <= 998


def test_parameters_of_a_type_are_kept() -> None:
    files = (
        Attachment("a.ics", "text/calendar; method=REQUEST", b"BEGIN:VCALENDAR"),
        Attachment("b.csv", 'text/csv; charset="iso-8859-1"; header=present', b"\xe4"),
    )
    first, second = read(build(an_email(attachments=files), content())).iter_attachments()
    assert first.get_param("method") == "REQUEST"
    assert first.get_content_charset() == "utf-8"
    assert second.get_param("header") == "present"
    assert second.get_content() == "\u00e4"


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


def test_pictures_are_beside_the_body_that_shows_them() -> None:
    parts = (
        Attachment("a.pdf", "application/pdf", b"%PDF"),
        Attachment("logo.png", "image/png", b"png", "inline", "logo"),
        Attachment("", "text/x-amp-html", b"<html amp4email>", "alternative"),
        Attachment("", "text/calendar; method=REQUEST", b"BEGIN\r\n", "alternative"),
    )
    built = build(an_email(attachments=parts), content(html="<p><img src='cid:logo'></p>"))
    message = read(built)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/related",
        "multipart/alternative",
        "text/plain",
        "text/x-amp-html",  # before the HTML: readers without AMP may show the last form
        "text/html",
        "text/calendar",
        "image/png",
        "application/pdf",
    ]
    picture = next(part for part in message.walk() if part["Content-ID"])
    assert picture["Content-ID"] == "<logo>"
    assert picture.get_content_disposition() == "inline"
    calendar = next(part for part in message.walk() if part.get_param("method"))
    assert calendar.get_param("method") == "REQUEST"
    assert calendar["Content-Transfer-Encoding"] == "7bit"


def test_a_picture_that_no_html_can_show_is_a_file_shown_in_place() -> None:
    parts = (Attachment("a.png", "image/png", b"png", "inline", "a"),)
    message = read(build(an_email(attachments=parts), content()))
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/mixed", "text/plain", "image/png"]


def test_a_calendar_alone_is_an_alternative_to_the_text() -> None:
    parts = (Attachment("", "text/calendar", "ä".encode(), "alternative"),)
    message = read(build(an_email(attachments=parts), content()))
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/calendar"]


@pytest.mark.parametrize("content_id", ["a\r\nX: y", "a>b", "\u00e4", "x" * 251])
def test_a_content_id_cannot_start_a_header(content_id: str) -> None:
    parts = (Attachment("a.png", "image/png", b"png", "inline", content_id),)
    with pytest.raises(MessageError, match="is not a Content-ID"):
        build(an_email(attachments=parts), content(html="x"))
