"""Each mistake in a call of `send_email_task` names the argument and stores nothing."""

from datetime import UTC, datetime, timedelta
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import AttachmentBlob, EmailAttachment, EmailQueue, EmailRecipient
from postroom.web.emails.operating import preview
from postroom.web.emails.service import email_service

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
format_html_lazy = lazy(format_html, str, SafeString)
TEMPLATE = {"plain_body": "", "template_path": "inquiry/received"}
CONTEXT = {"site_name": "Club", "name": "Ann", "reference": "INQ-1", "topic": "Boats"}


def deep() -> list[Any]:
    """A list in a list in a list, ten thousand times."""
    nested: list[Any] = []
    for _ in range(10_000):
        nested = [nested]
    return nested


def loop() -> list[Any]:
    """A list that holds itself."""
    ring: list[Any] = []
    ring.append(ring)
    return ring


MISTAKES: list[tuple[str, dict[str, Any]]] = [
    ("email_type", {"email_type": ""}),
    ("email_type", {"email_type": None}),
    ("email_type", {"email_type": "x" * 101}),
    ("email_type", {"email_type": "a\nb"}),
    ("subject", {"subject": ""}),
    ("subject", {"subject": None}),
    ("subject", {"subject": "Hello\r\nBcc: eve@example.org"}),
    ("subject", {"subject": "Hello\x00"}),
    ("subject", {"subject": "x" * 999}),
    ("subject", {"subject": "half \ud83d"}),
    ("recipients", {"recipients": []}),
    ("recipients", {"recipients": None}),
    ("recipients", {"recipients": ""}),
    ("recipients", {"recipients": 5}),
    ("recipients", {"recipients": [None]}),
    ("recipients", {"recipients": ["no address"]}),
    ("recipients", {"recipients": ["ann@"]}),
    ("recipients", {"recipients": ["ann@example.org, eve@example.org"]}),
    ("recipients", {"recipients": ["ann@example.org\r\nBcc: eve@example.org"]}),
    ("recipients", {"recipients": ["Ann\nBcc: eve@example.org <ann@example.org>"]}),
    ("recipients", {"recipients": ["ann@example.org\x00"]}),
    ("recipients", {"recipients": [f"{'N' * 300} <ann@example.org>"]}),
    ("recipients", {"recipients": [f"u{n}@example.org" for n in range(101)]}),
    ("recipients", {"recipients": b"ann@example.org"}),
    ("cc", {"cc": ["no address"]}),
    ("bcc", {"bcc": ["no address"]}),
    ("reply_to", {"reply_to": ["no address"]}),
    ("reply_to", {"reply_to": ["a@example.org\nX: y"]}),
    ("from_email", {"from_email": "no address"}),
    ("from_email", {"from_email": "a@example.org\r\nX: y"}),
    ("from_email", {"from_email": f"a@{'.'.join(['d' * 60] * 4)}.example"}),
    ("headers", {"headers": {"To": "eve@example.org"}}),
    ("headers", {"headers": {"message-id": "<a@b>"}}),
    ("headers", {"headers": {"Content-Type": "text/html"}}),
    ("headers", {"headers": {"X-A": "b\r\nBcc: eve@example.org"}}),
    ("headers", {"headers": {"X A": "b"}}),
    ("headers", {"headers": {"X:A": "b"}}),
    ("headers", {"headers": {"": "b"}}),
    ("headers", {"headers": {"X-A": "1", "x-a": "2"}}),
    ("headers", {"headers": {"X-A": 5}}),
    ("headers", {"headers": {5: "x"}}),
    ("headers", {"headers": {"X-A": None}}),
    ("headers", {"headers": "X-A: b"}),
    ("headers", {"headers": ["X-A"]}),
    ("language", {"language": "no language!"}),
    ("language", {"language": "x" * 36}),
    ("context", {"context": {"a": object()}}),
    ("context", {"context": {"a": {1, 2}}}),
    ("context", {"context": {"a": float("nan")}}),
    ("context", {"context": {"a": "\x00"}}),
    ("context", {"context": {"\x00": "a"}}),
    ("context", {"context": {"a": "\ud800"}}),
    ("context", {"context": {(1, 2): "a"}}),
    ("context", {"context": {"a": deep()}}),
    ("context", {"context": {"a": loop()}}),
    ("context", {"context": {"a": b"bytes"}}),
    ("context", {"context": ["a"]}),
    ("template_path", {"plain_body": ""}),
    ("template_path", {"plain_body": "", "template_path": "no/such"}),
    ("template_path", {"plain_body": "", "template_path": "../secrets"}),
    ("template_path", {"plain_body": "", "template_path": "x" * 300}),
    ("template_path", {"plain_body": "", "template_path": 5}),
    ("template_path", {"plain_body": "", "template_path": Path("inquiry/received")}),
    ("template_path", TEMPLATE | {"html_body": "<p>x</p>", "context": CONTEXT}),
    ("template_path", TEMPLATE),
    ("html_body", {"html_body": "\x00"}),
    ("html_body", {"html_body": b"<p>bytes</p>"}),
    ("html_body", {"html_body": ["<p>"]}),
    ("plain_body", {"plain_body": "\udfff"}),
    ("plain_body", {"plain_body": b"bytes"}),
    ("attachments", {"attachments": ["/no/such/file.pdf"]}),
    ("attachments", {"attachments": [Path("/")]}),
    ("attachments", {"attachments": ["nul\x00"]}),
    ("attachments", {"attachments": "report.pdf"}),
    ("attachments", {"attachments": 5}),
    ("attachments", {"attachments": [5]}),
    ("attachments", {"attachments": [None]}),
    ("attachments", {"attachments": [("a.txt",)]}),
    ("attachments", {"attachments": [("a.txt", 5, "text/plain")]}),
    ("attachments", {"attachments": [("a.txt", "ä", "text/plain; charset=ascii")]}),
    ("attachments", {"attachments": [("a.txt", "ä", "text/plain; charset=none")]}),
    ("attachments", {"attachments": [("a", b"x", "text/calendar; method")]}),
    ("context", {"context": {"body": mark_safe("<b>x</b>")}}),
    ("context", {"context": {"rows": [{"a": (format_html("<i>{}</i>", "x"),)}]}}),
    ("context", {"context": {"a": format_html_lazy("<i>{}</i>", "x")}}),
    ("attachments", {"attachments": [("", b"x", "text/plain")]}),
    ("attachments", {"attachments": [("x" * 256, b"x", "text/plain")]}),
    ("attachments", {"attachments": [("a\nb", b"x", "text/plain")]}),
    ("attachments", {"attachments": [("a", b"x", "text")]}),
    ("attachments", {"attachments": [("a", b"x", "text/plain; charset=x\r\nX: y")]}),
    ("attachments", {"attachments": [("a", b"x", f"text/{'x' * 300}")]}),
    ("attachments", {"attachments": [("a", b"x", 5)]}),
    ("attachments", {"attachments": [("a", b"x", "a/b")] * 21}),
    ("scheduled_at", {"scheduled_at": datetime(2099, 1, 1)}),
    ("scheduled_at", {"scheduled_at": "2099-01-01"}),
    ("expires_at", {"expires_at": datetime(2099, 1, 1)}),
    ("expires_at", {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}),
    ("expires_at", {"expires_at": 5}),
    ("priority", {"priority": "urgent"}),
    ("priority", {"priority": None}),
    ("on_unknown", {"on_unknown": "maybe"}),
    ("tags", {"tags": [object()]}),
    ("tags", {"tags": 5}),
    ("tags", {"tags": "newsletter"}),
    ("metadata", {"metadata": {"a": object()}}),
    ("metadata", {"metadata": 5}),
    ("metadata", {"metadata": ["a"]}),
    ("source_app", {"source_app": "x" * 101}),
    ("related_model_id", {"related_model_id": "x" * 256}),
    ("list_id", {"list_id": "x" * 256}),
    ("list_id", {"list_id": "a\r\nb"}),
    ("idempotency_key", {"idempotency_key": "x" * 256}),
    ("idempotency_key", {"idempotency_key": "a\x00"}),
]


@pytest.mark.parametrize(("field", "change"), MISTAKES)
def test_mistake_names_the_argument_and_stores_nothing(field: str, change: dict[str, Any]) -> None:
    call: dict[str, Any] = {
        "email_type": "x", "subject": "s", "recipients": ["ann@example.org"], "plain_body": "Hello",
    }  # fmt: skip
    with pytest.raises(EmailRequestError) as caught:
        email_service.send_email_task(**call | change)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")
    assert not EmailQueue.objects.exists()
    assert not EmailRecipient.objects.exists()
    assert not AttachmentBlob.objects.exists()


def send(**arguments: Any) -> None:
    email_service.send_email_task("x", "s", ["ann@example.org"], plain_body="Hi", **arguments)


def test_missing_variable_is_told_by_name() -> None:
    context = {key: value for key, value in CONTEXT.items() if key != "reference"}
    with pytest.raises(EmailRequestError, match=r"inquiry/received/.*'reference' is missing"):
        email_service.send_email_task(
            "x", "", ["ann@example.org"], context, template_path="inquiry/received"
        )


def test_expiry_before_schedule_is_refused() -> None:
    now = timezone.now()
    with pytest.raises(EmailRequestError, match=r"expires_at: is not after scheduled_at"):
        send(scheduled_at=now + 2 * HOUR, expires_at=now + HOUR)


@pytest.mark.fault(43)
def test_too_large_together_is_told_with_the_limit(settings: Any) -> None:
    settings.EMAIL_MAX_ATTACHMENT_BYTES = 10
    send(attachments=[("a", b"x" * 5, "a/b"), ("b", b"y" * 5, "a/b")])
    with pytest.raises(EmailRequestError, match=r"'b' .* 11 bytes in total; at most 10 together"):
        send(attachments=[("a", b"x" * 5, "a/b"), ("b", b"y" * 6, "a/b")])


def test_file_too_large_is_refused_without_reading_it(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # sparse: no byte of it is on the disk
    with pytest.raises(EmailRequestError, match=r"huge\.bin"):
        send(attachments=[path])


def test_closed_file_is_told_as_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "gone.txt"
    path.write_bytes(b"x")
    with path.open("rb") as opened:
        file = File(opened)
    path.unlink()
    with pytest.raises(EmailRequestError, match=r"attachments: cannot read"):
        send(attachments=[file])


def test_markup_is_refused_by_its_name() -> None:
    with pytest.raises(EmailRequestError, match=r"context: 'rows.a' holds HTML .* as html_body"):
        send(context={"rows": [{"a": mark_safe("<b>x</b>")}]})
    send(context={"price": mark_safe("1 200")})  # so Django marks numbers


@pytest.mark.parametrize(
    ("field", "value", "setting"),
    [
        ("html_body", "ä" * 51, "EMAIL_MAX_BODY_BYTES"),
        ("html_body", "x" * 101, "EMAIL_MAX_BODY_BYTES"),
        ("context", {"a": "ä" * 50}, "EMAIL_MAX_CONTEXT_BYTES"),
        ("metadata", {"a": "x" * 100}, "EMAIL_MAX_CONTEXT_BYTES"),
    ],
)
def test_what_is_too_large_names_size_and_limit(
    settings: Any, field: str, value: Any, setting: str
) -> None:
    send(**{field: value})
    setattr(settings, setting, 100)
    with pytest.raises(EmailRequestError, match=rf"{field}: is 1\d\d .* at most 100 .{setting}"):
        send(**{field: value})


@pytest.mark.parametrize(
    ("file", "content", "mimetype"),
    [
        (("a.csv", "x,ä", "text/csv"), "x,ä".encode(), "text/csv"),
        (("a.csv", "x,ä", "text/csv; charset=iso-8859-1"), b"x,\xe4",
         "text/csv; charset=iso-8859-1"),
        (("a.csv", "x,y"), b"x,y", "text/csv"),
        (("a.json", "{}", "application/json"), b"{}", "application/json"),
        (("a.ics", b"B", "text/calendar;method=REQUEST"), b"B", "text/calendar; method=REQUEST"),
        (("a.eml", EmailMessage("Re", "Hi\n"), "message/rfc822"), None, "message/rfc822"),
        (("a.eml", message_from_string("Subject: x\n\nHi\n"), "message/rfc822"),
         b"Subject: x\n\nHi\n", "message/rfc822"),
    ],
)  # fmt: skip
def test_files_are_taken_as_djangos_attach_takes_them(
    file: tuple[Any, ...], content: bytes | None, mimetype: str
) -> None:
    send(attachments=[file])
    stored = EmailAttachment.objects.select_related("blob").get()
    assert stored.mimetype == mimetype
    assert content is None or bytes(stored.blob.content) == content
    assert bytes(stored.blob.content)


def test_a_text_given_with_a_template_is_kept() -> None:
    email_service.send_email_task(
        "x", "", ["ann@example.org"], CONTEXT, "inquiry/received", plain_body="Own words"
    )
    row = EmailQueue.objects.get()
    assert (row.template_path, row.plain_body) == ("inquiry/received", "Own words")
    assert preview.content_of(row).text == "Own words"
