"""Attachments of a call: which kinds, and that equal bytes are stored once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import connection, transaction
from django.utils import timezone

from postroom.web.emails.models import AttachmentBlob, EmailAttachment, EmailQueue
from tests.emails.test_service import attached
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db


def test_file_name_cannot_turn_round_what_it_is() -> None:
    send(
        attachments=[
            ("evil\u202efdp.exe", b"abc", ""),
            ("\u2066\u05d0\u05d1\u2069.txt", b"abc", ""),
        ]
    )
    names = EmailAttachment.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["evilfdp.exe", "\u05d0\u05d1.txt"]


def test_each_kind_of_attachment_is_copied(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1")
    upload = TemporaryUploadedFile("talk.zip", "application/zip", 3, None)
    upload.write(b"zip")
    with path.open("rb") as opened:
        row = send(
            attachments=[
                path, str(path), ("a.txt", b"abc", "text/plain"), ("b.png", bytearray(b"png")),
                ("c", memoryview(b"raw"), None), File(opened, name="dir/d.pdf"),
                SimpleUploadedFile("e.csv", b"1;2", "text/csv"), upload,
                ContentFile("grüße", name="f.txt"), ("C:\\x\\g.txt", b"g", "text/plain"),
                SimpleUploadedFile("h.pdf", b"%PDF-1", "pdf"), SimpleUploadedFile("i", b"i", "*/*"),
            ]
        )  # fmt: skip
    path.unlink()
    assert attached(row) == [
        ("report.pdf", "application/pdf", b"%PDF-1"),
        ("report.pdf", "application/pdf", b"%PDF-1"),
        ("a.txt", "text/plain", b"abc"),
        ("b.png", "image/png", b"png"),
        ("c", "application/octet-stream", b"raw"),
        ("d.pdf", "application/pdf", b"%PDF-1"),
        ("e.csv", "text/csv", b"1;2"),
        ("talk.zip", "application/zip", b"zip"),
        ("f.txt", "text/plain", "grüße".encode()),
        ("g.txt", "text/plain", b"g"),
        ("h.pdf", "application/pdf", b"%PDF-1"),
        ("i", "application/octet-stream", b"i"),
    ]


@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("report.csv", "text/csv"),
        ("report.csv.gz", "application/gzip"),
        ("backup.tgz", "application/gzip"),
        ("log.txt.bz2", "application/x-bzip2"),
        ("log.txt.xz", "application/x-xz"),
        ("log.txt.Z", "application/octet-stream"),
    ],
)
def test_type_of_a_compressed_file_is_that_of_its_bytes(
    tmp_path: Path, name: str, mimetype: str
) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x1f\x8b")
    row = send(attachments=[path, (name, b"\x1f\x8b"), ContentFile(b"\x1f\x8b", name=name)])
    assert attached(row) == [(name, mimetype, b"\x1f\x8b")] * 3


def test_same_bytes_are_stored_once() -> None:
    for name in ("a.txt", "b.txt"):
        send(attachments=[(name, b"same", "text/plain"), ("again.txt", b"same", "text/plain")])
    assert AttachmentBlob.objects.count() == 1
    assert EmailAttachment.objects.count() == 4


def test_file_stored_again_counts_as_young_for_cleanup() -> None:
    send(attachments=[("a", b"x", "text/plain")])
    AttachmentBlob.objects.update(created_at=timezone.now() - timedelta(days=9))
    send(attachments=[("a", b"x", "text/plain")])
    assert AttachmentBlob.objects.get().created_at > timezone.now() - timedelta(minutes=5)


@pytest.mark.django_db(transaction=True)
def test_two_files_in_opposite_order_do_not_lock_each_other_out() -> None:
    files = [("a", b"first", "text/plain"), ("b", b"second", "text/plain")]

    def call(turn: int) -> None:
        try:
            for _ in range(5):
                with transaction.atomic():
                    send(attachments=files if turn % 2 else files[::-1])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, range(4)))
    assert AttachmentBlob.objects.count() == 2
    assert EmailQueue.objects.count() == 20
