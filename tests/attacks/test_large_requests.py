"""No request fills memory or disk: what is read is bounded, and leaves nothing behind."""

import io
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from postroom.web.emails.models import EmailQueue
from postroom.web.protection.request import Utf8Request
from postroom.web.protection.uploads import UnnamedFileUploadHandler
from postroom.web.systems.submissions.models import SpeakerSubmission

pytestmark = pytest.mark.django_db
OPEN = Path("/proc/self/fd")  # what this process has open
ENDED: dict[str, Any] = {"wsgi.input_terminated": True}
MANY = 200 * 1024 * 1024
TALK = {
    "name": "Ann Lee", "email": "ann@example.org", "talk_title": "Mail", "abstract": "All about it",
    "biography": "She writes",
}  # fmt: skip
POSTS = [
    "/inquiry/", "/speaker/", "/api/inquiries/", "/api/speaker-submissions/", "/admin/login/",
    "/board/login/", "/reports/unsubscribe/x/", "/api/reports/schedules/unsubscribe/",
    "/api/epics/", "/postroom/pause/",
]  # fmt: skip


class Endless:
    """A body that counts what is read of it."""

    def __init__(self, size: int) -> None:
        self.left, self.taken = size, 0

    def read(self, size: int = -1) -> bytes:
        size = min(self.left, size if size >= 0 else self.left)
        self.left -= size
        self.taken += size
        return b"x" * size

    readline = read


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    """The folder of temporary files, which must stay empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.STAFF_EMAILS = ["office@example.org"]
    return tmp_path


def post(path: str, body: Any, kind: str = "multipart/form-data; boundary=x", **more: Any) -> Any:
    given = {"CONTENT_TYPE": kind, "wsgi.input": body} | more
    return Client().generic("POST", path, b"", content_type=kind, **given)


@pytest.mark.parametrize("path", POSTS)
def test_large_body_is_refused_before_a_byte_of_it_is_read(path: str) -> None:
    body = Endless(MANY)
    answer = post(path, body, CONTENT_LENGTH=str(MANY))
    assert answer.status_code == 413
    assert body.taken == 0
    assert "is larger than 1" in answer.text
    assert "Nothing was read or stored" in answer.text
    assert (answer["Content-Type"] == "application/json") == path.startswith("/api/")


@pytest.mark.parametrize("path", POSTS)
def test_body_in_chunks_is_read_up_to_the_limit_only(path: str, temporary: Path) -> None:
    body = Endless(MANY)
    answer = post(
        path, body, HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="",
        **ENDED,
    )  # fmt: skip
    assert answer.status_code == 413
    assert body.taken <= 11 * 1024 * 1024 + 1
    assert list(temporary.iterdir()) == []


def test_chunks_are_not_read_where_the_server_does_not_end_them() -> None:
    body = Endless(MANY)
    answer = post("/inquiry/", body, HTTP_TRANSFER_ENCODING="chunked", CONTENT_LENGTH="")
    assert (answer.status_code, body.taken) == (411, 0)


def test_small_body_in_chunks_is_taken() -> None:
    text = b'{"name": "Ann Lee", "email": "ann@example.org", "topic": "general", "message": "Hi"}'
    answer = post(
        "/api/inquiries/", io.BytesIO(text), "application/json", CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked", **ENDED,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("length", ["-1", "99999999999999999999"])
def test_impossible_length_is_refused(length: str) -> None:
    assert post("/inquiry/", Endless(MANY), CONTENT_LENGTH=length).status_code == 413


def test_largest_file_that_the_form_takes_arrives(settings: Any, temporary: Path) -> None:
    content = b"%PDF-1.7\n" + b"x" * (settings.SUBMISSION_MAX_FILE_BYTES - 9)
    answer = Client().post("/speaker/", TALK | {"file": SimpleUploadedFile("a.pdf", content)})
    assert answer.status_code == 302, answer.text
    assert SpeakerSubmission.objects.get().file_size == len(content)
    assert list(temporary.iterdir()) == []


def test_file_a_little_too_large_is_explained_at_its_field(settings: Any) -> None:
    content = b"%PDF-1.7\n" + b"x" * settings.SUBMISSION_MAX_FILE_BYTES
    answer = Client().post("/speaker/", TALK | {"file": SimpleUploadedFile("a.pdf", content)})
    assert answer.status_code == 400
    assert "Ann Lee" in answer.text


@pytest.mark.parametrize("rest", [b"", b"\r\n--x\r\nbroken", b"\r\n--x--\r\n"])
def test_half_a_file_leaves_nothing_on_disk(temporary: Path, rest: bytes) -> None:
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF-1.7\n"
    )
    body = head + b"x" * 4_000_000 + rest
    before = len(list(OPEN.iterdir()))
    answer = post("/api/speaker-submissions/", io.BytesIO(body), CONTENT_LENGTH=str(len(body) + 10))
    assert answer.status_code == 400
    assert list(temporary.iterdir()) == []
    assert len(list(OPEN.iterdir())) <= before
    assert not EmailQueue.objects.exists()


CHARSETS = ["hex", "zlib", "undefined", "unicode_escape", "utf-7", "utf-16", "latin-1", "IDNA"]
FORM = b'--x\r\nContent-Disposition: form-data; name="topic"\r\n\r\n\\ud83d+2D0-\r\n--x--\r\n'


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("path", [*POSTS, "/there-is-no-such-page/"])
def test_body_in_another_charset_is_refused(path: str, charset: str) -> None:
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    answer = post(path, io.BytesIO(FORM), kind, CONTENT_LENGTH=str(len(FORM)))
    assert answer.status_code == 415
    assert "Send this request in UTF-8. Nothing was read or stored." in answer.text
    assert (answer["Content-Type"] == "application/json") == path.startswith("/api/")


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "none-such"])
def test_body_in_utf_8_is_taken(charset: str) -> None:
    body = b'{"name": "Ann Lee", "email": "ann@example.org", "topic": "general", "message": "Hi"}'
    kind = f"application/json; charset={charset}"
    answer = post("/api/inquiries/", io.BytesIO(body), kind, CONTENT_LENGTH=str(len(body)))
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("path", ["/thank-you/?form=x", "/admin/postroom/emailqueue/?q=%5Cud83d"])
def test_query_is_utf_8_whatever_a_header_says(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch, path: str, charset: str
) -> None:
    monkeypatch.setattr("django.test.client.WSGIRequest", Utf8Request)
    kind = f"text/plain; charset={charset}"
    answer = admin_client.generic("GET", path, b"", content_type=kind, CONTENT_TYPE=kind)
    assert answer.status_code == 200
    answer.content.decode()


@pytest.mark.parametrize("name", ["\\ud83d", "%5cud83d"])
@pytest.mark.parametrize("path", ["/api/speaker-submissions/", "/speaker/", "/inquiry/"])
@pytest.mark.parametrize("field", ["name", "filename"])
def test_half_a_character_in_a_name_is_answered(path: str, name: str, field: str) -> None:
    names = 'name="file"; filename' if field == "filename" else "name"
    head = f"--x\r\nContent-Disposition: form-data; {names}*=unicode_escape''{name}\r\n\r\n"
    body = head.encode() + b"%PDF-1.7\r\n--x--\r\n"
    answer = post(path, io.BytesIO(body), CONTENT_LENGTH=str(len(body)))
    assert answer.status_code == 400
    answer.content.decode()


def test_uploaded_file_has_no_name_on_disk(temporary: Path) -> None:
    handler = UnnamedFileUploadHandler(RequestFactory().post("/"))
    handler.new_file("file", "a.pdf", "application/pdf", None)
    handler.receive_data_chunk(b"%PDF", 0)
    assert list(temporary.iterdir()) == []
    file = handler.file_complete(4)
    assert (file.read(), file.size, file.name) == (b"%PDF", 4, "a.pdf")
    handler.upload_interrupted()
    assert file.closed
