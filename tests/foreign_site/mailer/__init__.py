"""Builds the shop's mails. Only by chance it is called `mailer`."""

from base64 import b64decode
from email.mime.image import MIMEImage

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from shared import euros

PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
METHOD:REQUEST\r
BEGIN:VEVENT\r
UID:{number}@blumen.example\r
DTSTART:20261224T090000Z\r
SUMMARY:Lieferung\r
END:VEVENT\r
END:VCALENDAR\r
"""


def confirmation(number: int, address: str, cents: int) -> EmailMultiAlternatives:
    """An order's confirmation: text, HTML with a picture, a date for the calendar, an invoice."""
    values = {"number": number, "total": euros(cents)}
    message = EmailMultiAlternatives(
        f"Bestellung {number}",
        render_to_string("orders/confirmation.txt", values),
        to=[address],
        bcc=["archiv@blumen.example"],
        reply_to=["Bestellungen <bestellung@blumen.example>"],
        headers={"X-Shop-Order": str(number)},
    )
    message.attach_alternative(render_to_string("orders/confirmation.html", values), "text/html")
    message.attach_alternative(
        CALENDAR.format(number=number), "text/calendar; charset=utf-8; method=REQUEST"
    )
    picture = MIMEImage(PICTURE)
    picture.add_header("Content-ID", "<tulpe>")
    picture.add_header("Content-Disposition", "inline", filename="tulpe.png")
    message.attach(picture)
    message.attach(f"rechnung-{number}.pdf", b"%PDF-1.4 invoice", "application/pdf")
    return message
