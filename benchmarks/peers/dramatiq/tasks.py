"""The actor a site would write: Jinja2, and Django's mail on a kept connection."""

import os
import threading

import dramatiq
import jinja2
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from dramatiq.brokers.rabbitmq import RabbitmqBroker

from benchmarks import message

settings.configure(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    EMAIL_HOST=os.environ["EMAIL_HOST"],
    EMAIL_PORT=int(os.environ["EMAIL_PORT"]),
)
broker = RabbitmqBroker(
    url=os.environ["RABBITMQ_URL"], confirm_delivery="DRAMATIQ_CONFIRM" in os.environ
)
dramatiq.set_broker(broker)
templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(message.FOLDER), autoescape=True, auto_reload=False
)
mine = threading.local()


def connection() -> BaseEmailBackend:
    """One SMTP connection per thread, kept open."""
    if not hasattr(mine, "connection"):
        mine.connection = get_connection()
        mine.connection.open()
    return mine.connection


@dramatiq.actor(queue_name="bench_dramatiq")
def send(to: str, context: dict[str, object], pdf_path: str | None) -> None:
    """Send one e-mail; it reads the attachment from a path, the cheapest way with a task queue."""
    mail = EmailMultiAlternatives(
        templates.get_template("subject.txt").render(context),
        templates.get_template("body.txt").render(context),
        message.SENDER,
        [to],
        connection=connection(),
    )
    mail.attach_alternative(templates.get_template("body.html").render(context), "text/html")
    if pdf_path:
        mail.attach_file(pdf_path, "application/pdf")
    try:
        mail.send()
    except Exception:
        del mine.connection
        raise
