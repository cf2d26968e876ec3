"""Reading pickled e-mails: Django's are read whatever made them, and no pickle runs anything."""

import base64
import os
import pickle
from collections import OrderedDict
from email.message import MIMEPart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe

from postroom.web.importing.django_mailer import content
from postroom.web.importing.old_mail import UnreadableMailError
from postroom.web.importing.pickled import PickledMail, read_pickled


def stored(value: object, protocol: int | None = None) -> str:
    return base64.encodebytes(pickle.dumps(value, protocol)).decode()


def mail(**changes: Any) -> EmailMultiAlternatives:
    values = {"subject": "Hi", "body": "Text", "from_email": "a@example.org", "to": ["b@c.org"]}
    return EmailMultiAlternatives(**values | changes)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_mail_of_every_protocol_is_read(protocol: int) -> None:
    old = mail(headers=OrderedDict({"X-A": "1"}))
    old.attachments += [MIMEText("ä"), ("a", b"\xff", "a/b")]  # as older Django let one attach
    old.attach_alternative(mark_safe("<p>Hi</p>"), "text/html")
    call, _ = content(read_pickled(stored(old, protocol)), with_files=True)
    assert (call["subject"], call["plain_body"], call["html_body"]) == ("Hi", "Text", "<p>Hi</p>")
    assert call["headers"] == {"X-A": "1"}
    assert call["attachments"] == [
        ("attachment.txt", "ä".encode(), "text/plain"),
        ("a", b"\xff", "a/b"),
    ]
    assert type(call["html_body"]) is str


def test_mime_part_of_the_newer_kind_is_read() -> None:
    part = MIMEPart()
    part.set_content(b"GIF89a", maintype="image", subtype="gif", filename="dät.gif")
    old = mail()
    old.attachments.append(part)
    call, _ = content(read_pickled(stored(old)), with_files=True)
    assert call["attachments"] == [("dät.gif", b"GIF89a", "image/gif")]


class Runs:
    """Its pickle calls `os.system`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("where", ["alone", "in an e-mail"])
def test_pickle_that_would_run_something_is_refused_by_name(tmp_path: Path, where: str) -> None:
    runs: Any = Runs(tmp_path / "ran")
    with pytest.raises(
        UnreadableMailError, match=r"its pickle holds posix\.system, which is not read"
    ):
        read_pickled(stored(runs if where == "alone" else mail(body=runs)))
    assert not (tmp_path / "ran").exists()


# Ways round a list of names: attributes of an admitted class, its methods, builtins, other modules.
@pytest.mark.parametrize(
    "name",
    [
        b"cbuiltins\neval\n",
        b"cbuiltins\ngetattr\n",
        b"cbuiltins\nbytearray\n",
        b"cdjango.core.mail.message\nEmailMessage.send\n",
        b"cdjango.core.mail.message\nget_connection\n",
        b"cdjango.core.mail.message\nemail_utils.os\n",
        b"cemail.message\nMessage.__init__.__globals__\n",
        b"cdjango.core.mail.message\n__dict__\n",
        b"ccopyreg\n_reconstructor\n",
    ],
)
def test_no_other_name_is_found(name: bytes) -> None:
    with pytest.raises(UnreadableMailError, match="which is not read"):
        read_pickled(base64.b64encode(name + b".").decode())


def test_row_that_changes_a_class_does_not_change_the_next_row() -> None:
    good = stored(mail())
    before = vars(read_pickled(good))
    # BUILD on the class itself, with (None, {"to": ...}): sets an attribute of the class.
    poison = (
        b"\x80\x02cdjango.core.mail.message\nEmailMultiAlternatives\n"
        b"N}X\x02\0\0\0toX\x01\0\0\0xs\x86b."
    )
    with pytest.raises(UnreadableMailError, match="not an e-mail"):
        read_pickled(base64.b64encode(poison).decode())
    after = read_pickled(good)
    assert vars(after) == before
    assert not hasattr(PickledMail, "to")
    assert type(after).__dict__.get("to") is None
    assert not isinstance(EmailMultiAlternatives.__dict__.get("to"), str)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "damaged"),
        ("not base64 é", "no base64"),
        ("abc", "no base64"),
        (base64.b64encode(b"plain text").decode(), "damaged"),
        (stored(mail())[:40], "damaged|no base64"),
        (stored({"subject": "Hi"}), "a dict, not an e-mail"),
        (stored(mail(subject=lazystr("x"))), "lazy translation"),
    ],
)
def test_what_is_no_mail_is_told(data: str, reason: str) -> None:
    with pytest.raises(UnreadableMailError, match=reason):
        read_pickled(data)


@pytest.mark.parametrize("field", ["to", "alternatives", "attachments", "extra_headers"])
def test_field_that_holds_nonsense_is_told(field: str) -> None:
    old = mail()
    setattr(old, field, 7)
    with pytest.raises(UnreadableMailError, match=r"damaged|not a dict"):
        content(read_pickled(stored(old)), with_files=True)


def test_class_of_the_site_is_named() -> None:
    class Fancy(EmailMessage):
        pass

    Fancy.__qualname__ = Fancy.__name__
    globals()["Fancy"] = Fancy
    with pytest.raises(UnreadableMailError, match=r"test_pickled\.Fancy"):
        read_pickled(stored(Fancy("a", "b")))
