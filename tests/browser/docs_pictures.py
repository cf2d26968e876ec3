"""`make docs-pictures`: the six pictures of the console in the documentation.

No test of the suite: run it when the console looks different. The pictures are small: 256 colours.
"""

import random
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from postroom.shared.status import Status
from postroom.web.emails.models import EmailLog, EmailQueue, Heartbeat, Mailer, QueueControl
from postroom.web.emails.operating.deciding import bulk
from tests.support.queued_emails import make_attempt, make_email

pytestmark = pytest.mark.django_db(transaction=True)
FOLDER: Final = Path(__file__).parents[2] / "docs" / "pictures"
TYPES: Final = ("order_confirmation", "password_reset", "newsletter", "invoice")
NAMES: Final = ("ann", "ben", "carla", "deniz", "emil", "farah")
BODY: Final = "<h1>Hello {}</h1><p>Thank you for your order.</p>"
REPLIES: Final = (
    (550, "5.1.1 <{}>: Recipient address rejected: User unknown"),
    (552, "5.2.2 Mailbox full"),
    (550, "5.7.1 Message rejected due to content"),
)


def history() -> EmailQueue:
    """An hour of a shop's mail; returns an e-mail that failed."""
    chance, now = random.Random(7), timezone.now()
    failed = None
    ages = sorted((chance.triangular(0, 59, 4) for _ in range(160)), reverse=True)
    for number, age in enumerate(ages):
        at = now - timedelta(minutes=age)
        kind, name = chance.choice(TYPES), chance.choice(NAMES)
        address = f"{name}@example.{chance.choice(('org', 'net', 'com'))}"
        bad = number % 27 == 3
        subject = f"{kind.replace('_', ' ').capitalize()} {4100 + number}"
        values = {"email_type": kind, "subject": subject, "html_body": BODY.format(name.title())}
        attempt = {"mailer": "mail-1:17", "duration_ms": chance.randrange(9, 60)}
        if bad:
            code, reply = REPLIES[number // 27 % len(REPLIES)]
            reply = reply.format(address)
            values["last_error"] = f"{code} {reply}"
            email = failed = make_email(Status.FAILED, [address], **values)
            make_attempt(email, phase="rcpt", smtp_code=code, smtp_reply=reply, **attempt)
        else:
            email = make_email(Status.COMPLETED, [address], sent_at=at, **values)
            make_attempt(email, outcome="accepted", phase="final", smtp_code=250, **attempt)
        EmailQueue.objects.filter(pk=email.pk).update(created_at=at - timedelta(seconds=1))
        EmailLog.objects.filter(email=email).update(created_at=at)
    assert failed is not None
    return failed


@pytest.mark.usefixtures("transactional_db")
def test_pictures(page: Page, live_server: LiveServer) -> None:
    failed = history()
    for number in (1, 2):
        Mailer.objects.create(
            name=f"mail-{number}:17", version="0.1.0", state="running", in_flight=number,
            sessions=4, server="smtp.example.org:587",
        )  # fmt: skip
    Heartbeat.objects.create(kind="relay", name="web-1:9", state="running")
    anna = User.objects.get(username="anna")
    asked = bulk.ask(
        bulk.KINDS["requeue"], EmailQueue.objects.filter(status="failed"), "status=failed", anna
    )
    below = f"{live_server.url}/postroom/"
    picture(page, f"{below}emails/?status=failed", "emails-failed")
    picture(page, f"{below}emails/{failed.pk}/", "email", height=900)
    picture(page, f"{below}emails/bulk/{asked.pk}/", "bulk", height=520)
    picture(page, f"{below}templates/?name=inquiry/received", "templates", scheme="dark")
    QueueControl.objects.create(
        lane="bulk", reason="a wrong link in the newsletter", paused_by="anna"
    )
    picture(page, f"{below}", "home-phone", width=390, height=844)
    QueueControl.objects.all().delete()
    for number in range(12):
        make_email("pending", [f"{NAMES[number % 6]}@example.org"], email_type=TYPES[number % 2],
                   priority="high" if number % 2 else "normal")  # fmt: skip
    Mailer.objects.update(
        state="waiting", waiting_for="smtp", since=timezone.now() - timedelta(seconds=48),
        reason="smtp.example.org:587 cannot be reached: Connection refused",
    )  # fmt: skip
    picture(page, below, "home")


def picture(
    page: Page,
    url: str,
    name: str,
    *,
    width: int = 1100,
    height: int = 720,
    scheme: Literal["light", "dark"] = "light",
) -> None:
    """Write docs/pictures/console-NAME.png."""
    cache.clear()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    file = FOLDER / f"console-{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as whole:
        whole.convert("RGB").quantize(256).save(file, optimize=True)
