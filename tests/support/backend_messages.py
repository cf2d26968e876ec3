"""Messages of Django, and what the backend made of them."""

from email.mime.image import MIMEImage
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives

from postroom.backend import EmailBackend
from postroom.web.emails.models import EmailAttachment, EmailQueue, EmailRecipient

PNG = b"\x89PNG\r\n\x1a\n"


def plain(**arguments: Any) -> EmailMessage:
    usual = {"subject": "Hi", "body": "Text", "from_email": "a@example.org", "to": ["b@x.example"]}
    return EmailMessage(**usual | arguments)


def with_html(html: str = "<p>Text</p>", **arguments: Any) -> EmailMultiAlternatives:
    usual = {"subject": "Hi", "body": "Text", "from_email": "a@example.org", "to": ["b@x.example"]}
    message = EmailMultiAlternatives(**usual | arguments)
    message.attach_alternative(html, "text/html")
    return message


def queued(message: EmailMessage, **options: Any) -> EmailQueue:
    assert EmailBackend(**options).send_messages([message]) == 1
    return EmailQueue.objects.get()


def people(row: EmailQueue) -> list[tuple[str, str, str]]:
    found = EmailRecipient.objects.filter(email=row).order_by("pk")
    return list(found.values_list("kind", "address", "display_name"))


def parts(row: EmailQueue) -> list[tuple[str, str, str, str, bytes]]:
    found = EmailAttachment.objects.filter(email=row).order_by("pk").select_related("blob")
    return [(f.name, f.mimetype, f.disposition, f.content_id, bytes(f.blob.content)) for f in found]


def image(content_id: str = "<logo>", disposition: str = "inline") -> MIMEImage:
    part = MIMEImage(PNG, "png")
    if content_id:
        part["Content-ID"] = content_id
    if disposition:
        part.add_header("Content-Disposition", disposition, filename="logo.png")
    return part
