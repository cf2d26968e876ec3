"""The four endpoints: record and e-mails in one transaction, errors by field, limits, robots."""

import json
from itertools import count
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings

from postroom.web.emails.models import AttachmentBlob, EmailAttachment, EmailQueue
from postroom.web.emails.service import EmailService
from postroom.web.systems.submissions.models import (
    AwardNomination,
    EventRegistration,
    Inquiry,
    SpeakerSubmission,
)

pytestmark = pytest.mark.django_db

STAFF = ["office@example.org", "second@example.org"]
PDF = b"%PDF-1.7\r\n\x00\xff\x80 every byte counts \n%%EOF\r\n" + bytes(range(256)) * 40
PERSON = {"name": "Ann Lee", "email": "ann@example.org"}
INQUIRY = {**PERSON, "topic": "membership", "message": "Is the fee lower?\n\nFor students."}
REGISTRATION = {**PERSON, "event": "Open day", "seats": 2, "dietary_notes": "no nuts"}
NOMINATION = {
    **PERSON,
    "nominee_name": "Grace Okafor",
    "category": "teaching",
    "reason": "Nine years of evening classes.",
}
TALK = {**PERSON, "talk_title": "Letters", "abstract": "Long ago.", "biography": "Sorts."}
FORMS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "inquiries": (INQUIRY, Inquiry, "inquiry"),
    "event-registrations": (REGISTRATION, EventRegistration, "event_registration"),
    "nominations": (NOMINATION, AwardNomination, "nomination"),
    "speaker-submissions": (TALK, SpeakerSubmission, "speaker_submission"),
}


@pytest.fixture(autouse=True)
def _staff(settings: Any) -> None:
    settings.STAFF_EMAILS = STAFF


def send(endpoint: str, fields: Any, **extra: Any) -> Any:
    if endpoint != "speaker-submissions":
        return Client().post(
            f"/api/{endpoint}/", json.dumps(fields), content_type="application/json", **extra
        )
    file = SimpleUploadedFile("My talk.pdf", PDF, "application/pdf")
    return Client().post(f"/api/{endpoint}/", {"file": file, **fields}, **extra)


def recipients(email: EmailQueue) -> list[str]:
    return [r.address for r in email.recipients.all()]


@pytest.mark.parametrize("endpoint", FORMS)
def test_submission_is_stored_with_confirmation_and_notice(endpoint: str) -> None:
    fields, model, kind = FORMS[endpoint]
    answer = send(endpoint, fields)

    assert answer.status_code == 201, answer.content
    record = model.objects.get()
    assert answer.json()["id"] == record.pk
    assert answer.json()["reference"] == record.reference
    for name, value in fields.items():
        assert getattr(record, name) == value
    confirmation, notice = EmailQueue.objects.order_by("id")
    assert (confirmation.email_type, notice.email_type) == (f"{kind}_received", f"{kind}_notice")
    assert confirmation.template_path == f"{kind}/received"
    assert notice.template_path == f"{kind}/notice"
    assert recipients(confirmation) == ["ann@example.org"]
    assert recipients(notice) == STAFF
    assert (confirmation.reply_to, notice.reply_to) == (STAFF[:1], ["ann@example.org"])
    for email in (confirmation, notice):
        assert email.status == "pending"
        assert (email.source_app, email.related_model_id) == ("submissions", f"{kind}:{record.pk}")


def test_pdf_reaches_the_staff_byte_for_byte_and_nobody_else() -> None:
    assert send("speaker-submissions", TALK).status_code == 201

    attachment = EmailAttachment.objects.get()
    assert attachment.email.email_type == "speaker_submission_notice"
    assert (attachment.name, attachment.mimetype) == ("My talk.pdf", "application/pdf")
    assert bytes(attachment.blob.content) == PDF
    record = SpeakerSubmission.objects.get()
    assert bytes(record.file_content) == PDF
    assert (record.file_name, record.file_size) == ("My talk.pdf", len(PDF))
    assert record.file_sha256 == attachment.blob_id


@pytest.mark.parametrize("endpoint", FORMS)
def test_failure_to_queue_the_notice_loses_neither_words_nor_confirmation(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields, model, _ = FORMS[endpoint]
    real, calls = EmailService.send_email_task, count()

    def second_call_fails(self: EmailService, *args: Any, **kwargs: Any) -> EmailQueue:
        if next(calls):
            raise RuntimeError("the second e-mail")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(EmailService, "send_email_task", second_call_fails)
    assert send(endpoint, fields).status_code == 201
    record = model.objects.get()
    assert (record.mail_state, record.mail_error) == (
        "no_notice", "RuntimeError: the second e-mail",
    )  # fmt: skip
    assert EmailQueue.objects.get().email_type.endswith("_received")
    assert not AttachmentBlob.objects.exists()


def test_without_staff_only_the_confirmation_is_queued(settings: Any) -> None:
    settings.STAFF_EMAILS = []
    assert send("speaker-submissions", TALK).status_code == 201
    assert [e.email_type for e in EmailQueue.objects.all()] == ["speaker_submission_received"]
    assert bytes(SpeakerSubmission.objects.get().file_content) == PDF


def test_browsers_line_ends_become_plain_ones() -> None:
    assert send("inquiries", INQUIRY | {"message": "one\r\ntwo\r\n\r\nthree"}).status_code == 201
    assert Inquiry.objects.get().message == "one\ntwo\n\nthree"


def wrong(endpoint: str, fields: dict[str, Any], field: str) -> Any:
    names = ",".join(f"{k}={v!r:.30}" for k, v in fields.items())
    return pytest.param(endpoint, fields, field, id=f"{endpoint} {names}")


@pytest.mark.parametrize(
    ("endpoint", "change", "field"),
    [
        wrong("inquiries", {"name": ""}, "name"),
        wrong("inquiries", {"name": "x" * 121}, "name"),
        wrong("inquiries", {"name": "Ann\r\nBcc: x@example.org"}, "name"),
        wrong("inquiries", {"name": "Ann\x00"}, "name"),
        wrong("inquiries", {"name": "Ann\u2028Lee"}, "name"),
        wrong("inquiries", {"name": "Ann \ud800"}, "name"),
        wrong("inquiries", {"name": ["Ann"]}, "name"),
        wrong("inquiries", {"name": None}, "name"),
        wrong("inquiries", {"email": ""}, "email"),
        wrong("inquiries", {"email": "ann"}, "email"),
        wrong("inquiries", {"email": "ann@localhost"}, "email"),
        wrong("inquiries", {"email": "ann@example..org"}, "email"),
        wrong("inquiries", {"email": "ann@example.org,bob@example.org"}, "email"),
        wrong("inquiries", {"email": "Ann <ann@example.org>"}, "email"),
        wrong("inquiries", {"email": "ann@example.org\r\nBcc: bob@example.org"}, "email"),
        wrong("inquiries", {"email": "ann@example.org\x00"}, "email"),
        wrong("inquiries", {"email": "a" * 250 + "@example.org"}, "email"),
        wrong("inquiries", {"email": {"a": 1}}, "email"),
        wrong("inquiries", {"topic": "nonsense"}, "topic"),
        wrong("inquiries", {"topic": "\x00"}, "topic"),
        wrong("inquiries", {"message": "   "}, "message"),
        wrong("inquiries", {"message": "NUL \x00"}, "message"),
        wrong("inquiries", {"message": "bell \x07"}, "message"),
        wrong("inquiries", {"message": "x" * 5001}, "message"),
        wrong("event-registrations", {"event": "A party"}, "event"),
        wrong("event-registrations", {"seats": 0}, "seats"),
        wrong("event-registrations", {"seats": 21}, "seats"),
        wrong("event-registrations", {"seats": 10**30}, "seats"),
        wrong("event-registrations", {"seats": "two"}, "seats"),
        wrong("event-registrations", {"seats": 1.5}, "seats"),
        wrong("nominations", {"nominee_name": "A\nB"}, "nominee_name"),
        wrong("nominations", {"category": ""}, "category"),
        wrong("nominations", {"reason": ""}, "reason"),
        wrong("speaker-submissions", {"talk_title": "x" * 201}, "talk_title"),
        wrong("speaker-submissions", {"file": "no file"}, "file"),
        wrong("speaker-submissions", {"file": SimpleUploadedFile("a.pdf", b"")}, "file"),
        wrong("speaker-submissions", {"file": SimpleUploadedFile("a.pdf", b"MZ\x90")}, "file"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_stored(
    endpoint: str, change: dict[str, Any], field: str
) -> None:
    fields, model, _ = FORMS[endpoint]
    answer = send(endpoint, fields | change)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == [field]
    assert not model.objects.exists()
    assert not EmailQueue.objects.exists()


def test_wrong_address_is_told_once_in_the_words_of_the_page() -> None:
    answer = send("inquiries", FORMS["inquiries"][0] | {"email": "ann@@example"})
    assert answer.json() == {"email": ["Enter an e-mail address such as ann@example.org."]}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"name": "' + b"x" * 3_000_000 + b'"}', 413),
    ],
    ids=["empty", "list", "null", "cut", "no UTF-8", "deep", "huge"],
)
def test_body_that_is_no_form_is_refused(body: bytes, status: int) -> None:
    answer = Client().post("/api/inquiries/", body, content_type="application/json")
    assert answer.status_code == status


def test_other_content_types_and_methods_are_refused() -> None:
    assert Client().post("/api/inquiries/", INQUIRY).status_code == 415
    json_talk = Client().post("/api/speaker-submissions/", TALK, content_type="application/json")
    assert json_talk.status_code == 415
    assert Client().get("/api/inquiries/").status_code == 405


def test_file_over_the_limit_is_refused() -> None:
    with override_settings(SUBMISSION_MAX_FILE_BYTES=len(PDF) - 1):
        answer = send("speaker-submissions", TALK)
    assert answer.status_code == 400
    assert "the limit is" in answer.json()["file"][0]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\ann\\Talk.PDF", "Talk.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("Vortrag über Öl.pdf", "Vortrag über Öl.pdf"),
        ("x" * 240 + ".pdf", "x" * 96 + ".pdf"),
        (".pdf", "document.pdf"),
    ],
)
def test_file_name_is_made_plain(sent: str, kept: str) -> None:
    file = SimpleUploadedFile(sent, PDF, "text/html")
    assert send("speaker-submissions", TALK | {"file": file}).status_code == 201
    assert SpeakerSubmission.objects.get().file_name == kept
    attachment = EmailAttachment.objects.get()
    assert (attachment.name, attachment.mimetype) == (kept, "application/pdf")


@pytest.mark.parametrize("endpoint", FORMS)
def test_robot_is_answered_like_everybody_and_not_stored(endpoint: str) -> None:
    fields, model, _ = FORMS[endpoint]
    human = send(endpoint, fields)
    robot = send(endpoint, fields | {"website": "buy here"})
    assert robot.status_code == human.status_code == 201
    assert robot.json().keys() == human.json().keys()
    assert robot.json()["id"] == human.json()["id"] + 1
    assert model.objects.count() == 1
    assert EmailQueue.objects.count() == 2


def test_all_four_are_in_the_openapi_description() -> None:
    schema = Client().get("/api/schema/?format=json", headers={"accept": "application/json"}).json()
    for endpoint in FORMS:
        operation = schema["paths"][f"/api/{endpoint}/"]["post"]
        assert {"201", "400", "429", "503"} <= set(operation["responses"])
        [body] = operation["requestBody"]["content"]
        assert body == (
            "multipart/form-data" if endpoint == "speaker-submissions" else "application/json"
        )
        assert operation["summary"]


def test_answer_waits_for_no_broker(settings: Any) -> None:
    settings.RABBITMQ_URL = "no URL"  # would raise when read
    assert send("inquiries", INQUIRY).status_code == 201


def test_database_away_gives_503(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", away)
    answer = Client(raise_request_exception=False).post(
        "/api/inquiries/", json.dumps(INQUIRY), content_type="application/json"
    )
    assert answer.status_code == 503
    assert answer["Retry-After"]
