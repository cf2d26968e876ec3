"""From the HTTP request to the mailbox: what people type reaches sender and staff, and once."""

import json

import pytest
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from postroom.web.emails.models import EmailQueue
from tests.support.acceptance.delivered_mail import check_delivered, check_read_back, wanted_content
from tests.support.acceptance.running_site import Running
from tests.support.acceptance.sample_emails import ARABIC, FAMILY, HEBREW, TEN_MB

PDF = b"%PDF-1.7\n" + TEN_MB[: 10 * 1024 * 1024 - 9]
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


def rows_about(running: Running, record: str) -> list[EmailQueue]:
    """The e-mails a submission caused, the sender's first, once they are at rest."""
    ids = EmailQueue.objects.filter(related_model_id=record).order_by("id").values_list("id")
    assert len(ids) == 2
    return [running.row(email_id) for (email_id,) in ids]
