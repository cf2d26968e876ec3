"""From the HTTP request to the mailbox: every mail arrives as it was asked for, and once."""

import hashlib
import json
import random
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, message_from_string, policy
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import override_settings
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from dev.mailbox import Received
from shared.plain_text import text_of
from shared.rendering import Content, Renderer
from shared.status import RecipientStatus, Status
from tests.acceptance.system import System
from tests.smtp_script import Script, ScriptedServer, say
from web.emails import checks
from web.emails.addresses import check_address
from web.emails.models import EmailLog, EmailQueue
from web.emails.service import email_service

STRICT = policy.default.clone(raise_on_defect=True)
FAMILY = "👩\u200d👩\u200d👧\u200d👦"
HEBREW, ARABIC = "ברוכים הבאים, \u200f42", "مرحبا بالعالم"
TEN_MB = random.Random(10).randbytes(10 * 1024 * 1024)
TEMPLATE = {
    "subject.txt": "Order {{ number }} for {{ name }}",
    "body.html": "<p>Dear {{ name }},</p><ul><li>{{ number }} of <b>café</b></li></ul>",
}
PDF = b"%PDF-1.7\n" + TEN_MB[: 10 * 1024 * 1024 - 9]


@dataclass(frozen=True)
class Running:
    """The system with all its programs up, and where its site is."""

    system: System
    site: str

    def post(
        self, path: str, body: bytes, kind: str = "application/json", *, status: int = 201
    ) -> dict[str, Any]:
        """What the site answered to a submission."""
        with closing(HTTPConnection(self.site, timeout=60)) as connection:
            connection.request("POST", path, body, {"Content-Type": kind})
            response = connection.getresponse()
            answer = json.load(response)
        assert response.status == status, answer
        return answer

    def row(self, email_id: int) -> EmailQueue:
        """The e-mail once it is at rest."""
        self.system.wait(
            lambda: self.system.statuses([email_id]).keys() - {"pending", "processing"}
        )
        return EmailQueue.objects.get(pk=email_id)

    def received(self, row: EmailQueue) -> list[Received]:
        """Every copy that arrived."""
        wanted = f"Message-ID: {row.message_id}\r\n".encode()
        return [mail for mail in self.system.mailbox.messages if wanted in mail.raw]


@pytest.fixture(scope="module")
def running(module_system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Site, relay and mailer, all real processes."""
    templates = tmp_path_factory.mktemp("templates")
    (templates / "shop" / "order").mkdir(parents=True)
    for name, content in TEMPLATE.items():
        (templates / "shop" / "order" / name).write_text(content)
    module_system.environment |= {
        "EMAIL_TEMPLATE_DIRS": str(templates),
        "SUBMISSIONS_PER_ADDRESS_HOUR": "0",
        "SUBMISSIONS_PER_IP_HOUR": "0",
        "STAFF_EMAILS": "office@example.org",
    }
    options = ["--bind", "127.0.0.1:0", "--threads", "4", "--worker-tmp-dir", str(templates)]
    web = module_system.start("web", ["-m", "gunicorn", *options, "web.wsgi:application"])
    module_system.start_relay()
    module_system.start_mailer()
    checks.renderer.cache_clear()
    with override_settings(EMAIL_TEMPLATE_DIRS=[templates]):
        yield Running(module_system, module_system.wait(lambda: _address(web.log)))
    checks.renderer.cache_clear()


def _address(log: Path) -> str:
    found = re.search(r"Listening at: http://([\d.:]+)", log.read_text())
    return found[1] if found else ""


# --- what Django code can ask for

ASKED: dict[str, dict[str, Any]] = {
    "plain ASCII": {"subject": "Your order", "plain_body": "It is on its way.\n\nThe office"},
    "accents": {"subject": "Réservé à Zoë", "plain_body": "Où? À l'école, naïvement — voilà."},
    "Chinese": {"subject": "关于您的咨询", "plain_body": "您好,我们已收到您的来信。\n谢谢。"},
    "emoji": {"subject": f"🎉 {FAMILY} 🇪🇺", "plain_body": f"{FAMILY} e\u0301 🎉" * 40},
    "right to left": {
        "subject": f"{HEBREW} {ARABIC}",
        "plain_body": f"{HEBREW}\n{ARABIC}",
        "html_body": f'<p dir="rtl">{HEBREW}<br>{ARABIC}</p>',
    },
    "very long subject of words": {"subject": " ".join(["word"] * 199)},
    "very long subject of one word": {"subject": "x" * 998},
    "very long Chinese subject": {"subject": "长" * 998},
    "lines that SMTP or mbox could mistake": {
        "plain_body": ".\n..\nFrom here\n.hidden\n\n\n" + "y" * 5000 + "\nends in blanks  \n--\n"
    },
    "text and HTML": {"plain_body": "Grüße", "html_body": "<p>Grüße &amp; <b>mehr</b></p>"},
    "HTML with derived text": {"html_body": "<h1>Grüße</h1><p>Mehr <a href='/x'>hier</a>.</p>"},
    "template with derived text": {
        "subject": "",
        "plain_body": "",
        "template_path": "shop/order",
        "context": {"name": "Zoë", "number": 42},
    },
    "10 MB attachment": {"attachments": [("Bericht Größe 报告.pdf", TEN_MB, "application/pdf")]},
    "several attachments": {
        "html_body": "<p>See below.</p>",
        "attachments": [
            ("names.csv", "Zoë;1\nØystein;2\n".encode(), "text/csv"),
            ("empty.bin", b"", "application/octet-stream"),
            ('a "quoted"; name.png', bytes(range(256)), "image/png"),
        ],
    },
    "50 recipients": {"recipients": [f"Person {n} <person{n}@example.org>" for n in range(50)]},
    "cc and bcc": {
        "recipients": ["to@example.org"],
        "cc": ["Copy <cc@example.org>"],
        "bcc": ["Hidden Name <hidden1@example.net>", "hidden2@example.net"],
    },
    "only bcc": {"recipients": [], "bcc": ["hidden3@example.net", "hidden4@example.net"]},
    "reply-to, sender and own headers": {
        "from_email": "Büro <office@example.com>",
        "reply_to": ["Ann Lee <ann@example.com>", "bob@example.com"],
        "headers": {"X-Campaign": "Spring 春天", "List-Id": "<news.example.com>"},
        "language": "de",
    },
    "display names": {
        "recipients": [
            '"Doe, Ann (Sales)" <ann@example.org>',
            "Zoë Müller <zoe@example.org>",
            "张伟 <wei@example.org>",
            f"{FAMILY} <family@example.org>",
            '"O\'Neil \\"Bob\\"" <bob@example.org>',
        ]
    },
    "international addresses": {"recipients": ["jörg@bücher.example", "ann@bücher.example"]},
    "high lane": {"priority": "high"},
    "bulk lane": {"priority": "bulk"},
}


@pytest.fixture(scope="module")
def sent(running: Running) -> dict[str, int]:
    """All of them queued at once: the id of each."""
    ids = {name: running.system.queue(1, **arguments)[0] for name, arguments in ASKED.items()}
    running.system.wait_until_settled()
    return ids


@pytest.mark.parametrize("name", ASKED)
def test_mail_arrives_as_it_was_asked_for(
    running: Running, sent: dict[str, int], name: str
) -> None:
    row = running.row(sent[name])
    received = check_delivered(running, row)
    asked = ASKED[name]
    content = wanted_content(row)
    if "template_path" not in asked:
        html = asked.get("html_body", "")
        text = asked.get("plain_body", row.plain_body) or text_of(html)
        content = Content(asked.get("subject", row.subject), text, html)
    files = [(f[0], f[2], f[1]) for f in asked.get("attachments", [])]
    check_read_back(received, row, content, files)


def test_bcc_is_delivered_and_shows_nowhere(running: Running, sent: dict[str, int]) -> None:
    row = running.row(sent["cc and bcc"])
    (mail,) = running.received(row)
    hidden = {"hidden1@example.net", "hidden2@example.net"}
    assert set(mail.rcpt_tos) == {"to@example.org", "cc@example.org"} | hidden
    assert b"hidden" not in mail.raw.lower()
    assert "Bcc" not in mail.message
    (mail,) = running.received(running.row(sent["only bcc"]))
    assert set(mail.rcpt_tos) == {"hidden3@example.net", "hidden4@example.net"}
    assert b"hidden" not in mail.raw.lower()
    assert mail.message["To"].addresses == ()


def test_own_headers_and_language_arrive(running: Running, sent: dict[str, int]) -> None:
    (mail,) = running.received(running.row(sent["reply-to, sender and own headers"]))
    assert mail.message["X-Campaign"] == "Spring 春天"
    assert mail.message["List-Id"] == "<news.example.com>"
    assert mail.message["Content-Language"] == "de"
    assert mail.mail_from == "office@example.com"


# --- what people send through the site

TYPED = {
    "ascii": ("Ann Lee", "Where is the office?\n\nThank you."),
    "accents": ("Zoë Müller", "Où est le bureau? <b>À côté</b> & là."),
    "chinese": ("张伟", "办公室在哪里\n谢谢"),
    "emoji": ("Family", f"{FAMILY} 🎉 {{{{ 7 * 7 }}}}"),
    "right-to-left": ("דוד", f"{HEBREW}\n{ARABIC}"),
}


@pytest.mark.parametrize("name", TYPED)
def test_inquiry_posted_to_the_site_reaches_sender_and_staff(running: Running, name: str) -> None:
    person, message = TYPED[name]
    answer = running.post(
        "/api/inquiries/",
        json.dumps(
            {
                "name": person,
                "email": f"{name}@example.org",
                "topic": "general",
                "message": message,
            }
        ).encode(),
    )
    to_sender, to_staff = rows_about(running, f"inquiry:{answer['id']}")
    mail = check_delivered(running, to_sender)
    assert mail.rcpt_tos == [f"{name}@example.org"]
    check_read_back(mail, to_sender, wanted_content(to_sender), [])
    assert answer["reference"] in mail.text
    mail = check_delivered(running, to_staff)
    assert mail.rcpt_tos == ["office@example.org"]
    check_read_back(mail, to_staff, wanted_content(to_staff), [])
    assert all(line in mail.text for line in message.splitlines())
    assert [a.addr_spec for a in mail.message["Reply-To"].addresses] == [f"{name}@example.org"]


def test_file_of_10_mb_posted_to_the_site_reaches_the_staff(running: Running) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    fields = {
        "name": "Ann Lee",
        "email": "speaker@example.org",
        "talk_title": "Mail 邮件",
        "abstract": "How it travels.",
        "biography": "Writes.",
        "file": SimpleUploadedFile("paper.pdf", PDF, "application/pdf"),
    }
    body = encode_multipart(BOUNDARY, fields)
    answer = running.post("/api/speaker-submissions/", body, MULTIPART_CONTENT)
    to_sender, to_staff = rows_about(running, f"speaker_submission:{answer['id']}")
    mail = check_delivered(running, to_sender)
    check_read_back(mail, to_sender, wanted_content(to_sender), [])
    mail = check_delivered(running, to_staff)
    files = [("paper.pdf", "application/pdf", PDF)]
    check_read_back(mail, to_staff, wanted_content(to_staff), files)


def test_submission_that_is_refused_sends_nothing(running: Running) -> None:
    before = EmailQueue.objects.count()
    running.post("/api/inquiries/", b'{"name": "Ann"}', status=400)
    assert EmailQueue.objects.count() == before


# --- when


def test_rollback_sends_nothing_and_the_next_mail_arrives(running: Running) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        taken_back = email_service.send_email_task(
            "test", "Never", ["a@example.org"], plain_body="."
        )
        raise RuntimeError
    (later,) = running.system.queue()
    check_delivered(running, running.row(later))
    assert not running.received(taken_back)
    assert not EmailQueue.objects.filter(message_id=taken_back.message_id).exists()


def test_scheduled_mail_is_not_sent_before_its_time(running: Running) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=2.5)
    (scheduled,) = running.system.queue(1, scheduled_at=moment)
    (at_once,) = running.system.queue()
    check_delivered(running, running.row(at_once))
    row = running.row(scheduled)
    mail = check_delivered(running, row)
    assert mail.accepted_at >= moment
    assert row.sent_at >= moment


def test_mail_that_had_to_wait_past_its_time_expires_unsent(running: Running) -> None:
    pause = "INSERT INTO email_queue_control (lane, paused_by, reason) VALUES ('bulk', '', '')"
    running.system.query(pause)
    try:
        soon = datetime.now(UTC) + timedelta(seconds=1.5)
        (expiring, waiting) = (
            running.system.queue(1, priority="bulk", **times)[0]
            for times in ({"expires_at": soon}, {})
        )
        row = running.row(expiring)
    finally:
        running.system.query("DELETE FROM email_queue_control")
    assert row.status == Status.EXPIRED
    assert "expires_at" in row.last_error
    check_delivered(running, running.row(waiting))  # it was behind the expired one
    assert not running.received(row)
    assert not row.log.exists()


def test_mail_refused_for_now_is_sent_by_the_second_try_under_the_same_message_id(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    smtp.script = Script(rules=(replace(_REFUSED_ONCE, times=1), *smtp.script.rules))
    system.start_relay()
    system.start_mailer()
    (email_id,) = ids = system.queue()
    system.wait_until_settled()
    row = EmailQueue.objects.get(pk=email_id)
    assert (row.status, row.attempts, row.last_error) == (Status.COMPLETED, 2, "")
    assert len(smtp.accepted) == 1
    assert len(smtp.transactions) == 2
    copies = [message_from_bytes(t.data, policy=STRICT) for t in smtp.transactions]
    assert {copy["Message-ID"] for copy in copies} == {row.message_id}
    assert smtp.transactions[0].data == smtp.transactions[1].data
    first, second = row.log.order_by("id")
    assert (first.attempt, first.outcome, first.phase, first.smtp_code) == (
        1,
        "retry",
        "final",
        451,
    )
    assert (second.attempt, second.outcome, second.smtp_code) == (2, "accepted", 250)
    assert not first.possible_repeat
    system.assert_contract(ids)


_REFUSED_ONCE = Script().when("dot", say("451 4.3.0 try later")).rules[0]


# --- comparing


def rows_about(running: Running, record: str) -> list[EmailQueue]:
    """The e-mails a submission caused, the sender's first, once they are at rest."""
    ids = EmailQueue.objects.filter(related_model_id=record).order_by("id").values_list("id")
    assert len(ids) == 2
    return [running.row(email_id) for (email_id,) in ids]


def wanted_content(row: EmailQueue) -> Content:
    """What the row asks for: its bodies, or its template rendered here."""
    renderer = Renderer(django_settings.EMAIL_TEMPLATE_DIRS)
    if row.template_path:
        return renderer.render(row.template_path, row.context, subject=row.subject)
    return renderer.from_bodies(subject=row.subject, html=row.html_body, text=row.plain_body)


def check_delivered(running: Running, row: EmailQueue) -> Received:
    """Row, addresses and log tell of one accepted attempt, and one copy is there."""
    assert row.status == Status.COMPLETED, row.last_error
    assert (row.attempts, row.claim_token, row.last_error) == (1, None, "")
    assert row.sent_at is not None
    people = list(row.recipients.all())
    assert {(person.status, person.smtp_code) for person in people} == {
        (RecipientStatus.ACCEPTED, 250)
    }
    log = EmailLog.objects.get(email=row)
    assert (log.attempt, log.outcome, log.phase, log.smtp_code) == (1, "accepted", "final", 250)
    assert log.duration_ms is not None
    assert log.smtp_reply.startswith("2.0.0 Kept as number")
    assert log.mailer
    assert not log.possible_repeat
    (received,) = running.received(row)
    assert sorted(received.rcpt_tos) == sorted(on_the_wire(person.address) for person in people)
    return received


def check_read_back(
    received: Received, row: EmailQueue, content: Content, files: list[tuple[str, str, bytes]]
) -> None:
    """A strict reader finds everything as it was asked for."""
    # RFC 6532: header fields in UTF-8, which the reader of bytes does not know.
    mail = message_from_string(received.raw.decode(), policy=STRICT)
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert not part.defects
        defects = [defect for header in part.values() for defect in header.defects]
        # RFC 6531 allows these, Python's reader only notes them.
        assert not [d for d in defects if not isinstance(d, NonASCIILocalPartDefect)]
    assert re.search(rb"[^\r]\n|\r[^\n]", received.raw) is None
    assert max(map(len, received.raw.split(b"\r\n"))) <= 998
    assert mail["Subject"] == content.subject
    assert mail["Message-ID"] == row.message_id
    assert mail["Date"].datetime == row.created_at.replace(microsecond=0)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["MIME-Version"] == "1.0"
    people = list(row.recipients.order_by("id"))
    for header, kind in (("To", "to"), ("Cc", "cc")):
        shown = mail[header].addresses if header in mail else ()
        wanted = [(p.display_name, on_the_wire(p.address)) for p in people if p.kind == kind]
        assert [(a.display_name, a.addr_spec) for a in shown] == wanted
    for header, values in (("From", [row.from_email]), ("Reply-To", row.reply_to)):
        shown = mail[header].addresses if header in mail else ()
        wanted = [check_address(value, header) for value in values]
        assert [(a.addr_spec, a.display_name) for a in shown] == wanted
    assert lines(part_text(mail, "plain")) == lines(content.text)
    assert lines(part_text(mail, "html")) == lines(content.html)
    found = [
        (part.get_filename(), part.get_content_type(), bytes_of(part))
        for part in mail.iter_attachments()
    ]
    assert [(n, t, digest(b)) for n, t, b in found] == [(n, t, digest(b)) for n, t, b in files]


def part_text(mail: EmailMessage, kind: str) -> str:
    """The content of a body part, or nothing."""
    part = mail.get_body((kind,))
    return "" if part is None else part.get_content()


def bytes_of(part: EmailMessage) -> bytes:
    """The content of an attachment whatever its type."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def digest(content: bytes) -> tuple[int, str]:
    """Size and hash: a failed comparison of megabytes takes pytest for ever to tell."""
    return len(content), hashlib.sha256(content).hexdigest()


def lines(text: str) -> str:
    """With line feeds; a message ends in a line break whether or not its text did."""
    return text.replace("\r\n", "\n").removesuffix("\n")


def on_the_wire(address: str) -> str:
    """The domain as DNS has it (RFC 5890)."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
