"""An order mail as a shop sends it with Django's classes, read back from a real SMTP server."""

import base64
import email
from email.mime.image import MIMEImage
from typing import Any

import pytest
from django import VERSION
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from tests.support.acceptance.delivered_mail import STRICT, lines
from tests.support.acceptance.system import System

pytestmark = pytest.mark.filterwarnings("ignore:MIMEBase attachments are deprecated")
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PDF = b"%PDF-1.7 invoice" * 100
HTML = '<h1>Danke, Zoë</h1><img src="cid:logo@shop.example" alt="Shop">'
CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Lieferung für Zoë\r\nEND:VCALENDAR\r\n"


def order_mail() -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject="Bestellung 42 für Zoë",
        body="Danke, Zoë",
        from_email="Shop <shop@shop.example>",
        to=["Zoë Müller <zoe@example.org>"],
        cc=["office@shop.example"],
        bcc=["archive@shop.example"],
        reply_to=["Service <service@shop.example>"],
        headers={"X-Order": "42"},
    )
    message.attach_alternative(HTML, "text/html")
    message.attach_alternative(CALENDAR, "text/calendar; method=REQUEST")
    logo = MIMEImage(PNG, "png")
    logo.add_header("Content-ID", "<logo@shop.example>")
    logo.add_header("Content-Disposition", "inline", filename="logo.png")
    message.attach(logo)
    message.attach("Rechnung Größe.pdf", PDF, "application/pdf")
    message.postroom = {"email_type": "order", "priority": "high"}  # type: ignore[attr-defined]
    return message


def test_an_order_mail_arrives_as_it_was_composed(system: System, settings: Any) -> None:
    if VERSION < (6, 1):
        settings.EMAIL_BACKEND = "postroom.backend.EmailBackend"
    else:
        settings.MAILERS = {"default": {"BACKEND": "postroom.backend.EmailBackend"}}
    system.start_relay()
    system.start_mailer()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        order_mail().send()
        1 / 0  # noqa: B018
    with transaction.atomic():
        assert order_mail().send() == 1
    system.wait_until_settled()
    assert system.query("SELECT email_type, priority, status FROM postroom_emailqueue") == [
        ("order", "high", "completed")
    ]
    (received,) = system.mailbox.messages
    assert received.mail_from == "shop@shop.example"
    assert set(received.rcpt_tos) == {
        "zoe@example.org", "office@shop.example", "archive@shop.example",
    }  # fmt: skip
    assert b"archive@" not in received.raw
    mail: Any = email.message_from_bytes(received.raw, policy=STRICT)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html",
        "text/calendar", "image/png", "application/pdf",
    ]  # fmt: skip
    assert not [defect for part in mail.walk() for defect in part.defects]
    assert (mail["Subject"], mail["X-Order"]) == ("Bestellung 42 für Zoë", "42")
    assert [(a.display_name, a.addr_spec) for a in mail["To"].addresses] == [
        ("Zoë Müller", "zoe@example.org")
    ]
    assert (str(mail["Cc"]), str(mail["Reply-To"])) == (
        "office@shop.example", "Service <service@shop.example>",
    )  # fmt: skip
    text, html, calendar, picture, file = [p for p in mail.walk() if not p.is_multipart()]
    assert (lines(text.get_content()), lines(html.get_content())) == ("Danke, Zoë", HTML)
    assert lines(calendar.get_content()) == lines(CALENDAR)
    assert calendar.get_param("method") == "REQUEST"
    assert (picture["Content-ID"], picture.get_content_disposition()) == (
        "<logo@shop.example>", "inline",
    )  # fmt: skip
    assert (picture.get_filename(), picture.get_content()) == ("logo.png", PNG)
    assert (file.get_filename(), file.get_content()) == ("Rechnung Größe.pdf", PDF)
