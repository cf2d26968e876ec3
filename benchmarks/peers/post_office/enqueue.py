"""Queues e-mails through post_office; each call has its own transaction."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.post_office.settings")
django.setup()

from django.core.files.base import ContentFile  # noqa: E402
from post_office import mail  # noqa: E402
from post_office.models import EmailTemplate  # noqa: E402

from benchmarks import message  # noqa: E402
from benchmarks.loop import measure  # noqa: E402

CONTEXT, PDF = message.context(), message.pdf()


def send(number: int, attachment: bool) -> None:
    mail.send(
        message.recipient(number),
        message.SENDER,
        template="bench",
        context=CONTEXT,
        attachments={message.PDF_NAME: ContentFile(PDF)} if attachment else None,
    )


if __name__ == "__main__":
    EmailTemplate.objects.update_or_create(
        name="bench",
        language="",
        defaults={
            "subject": message.SUBJECT,
            "content": (message.FOLDER / "body.txt").read_text(),
            "html_content": (message.FOLDER / "body.html").read_text(),
        },
    )
    measure(send)
