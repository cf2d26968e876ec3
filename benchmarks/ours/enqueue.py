"""Queues e-mails through Postroom as a view does; each call has its own transaction."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
django.setup()

from benchmarks import message  # noqa: E402
from benchmarks.loop import measure  # noqa: E402
from postroom.web.emails.service import email_service  # noqa: E402

CONTEXT, PDF = message.context(), message.pdf()


def send(number: int, attachment: bool) -> None:
    email_service.send_email_task(
        email_type="bench",
        subject=message.SUBJECT,
        recipients=[message.recipient(number)],
        context=CONTEXT,
        template_path=message.PATH,
        attachments=[(message.PDF_NAME, PDF, "application/pdf")] if attachment else None,
    )


if __name__ == "__main__":
    measure(send)
