"""Messages built by hand say what was asked for: their fields, and refusals."""

import email
import email.policy
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from postroom.mailer.errors import MessageError
from postroom.mailer.message.build import build
from postroom.mailer.rows.claimed_email import Attachment, Recipient
from postroom.shared.rendering.renderer import Content
from postroom.shared.status import RecipientKind
from tests.support.sample_messages import BCC, CC, TO, an_email, content, raw_header, read


def test_plain_message_is_exactly_this() -> None:
    assert build(an_email(), content()).data.decode().split("\r\n") == [
        "From: Postroom <post@example.org>",
        "To: Ann <ann@example.org>",
        "Subject: Hello",
        "Date: Mon, 24 Mar 2025 10:11:12 +0000",
        "Message-ID: <0192.7@mail.example.org>",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 7bit",
        "",
        "Hello",
        "",
    ]


def test_same_email_gives_the_same_bytes_on_every_try() -> None:
    asked = content(html="<p>Hi</p>")
    files = (Attachment("a.pdf", "application/pdf", b"x"),)
    first = build(an_email(attachments=files), asked)
    second = build(an_email(attachments=files, attempt=2, claim_token=str(UUID(int=9))), asked)
    assert first == second


def test_message_id_is_the_same_with_and_without_brackets() -> None:
    bare = build(an_email(message_id="0192.7@mail.example.org"), content())
    assert bare == build(an_email(), content())


def test_date_is_the_creation_time_in_utc() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    built = build(an_email(ready_at=datetime(2025, 3, 24, 2, 0, tzinfo=there)), content())
    assert raw_header(built, "Date") == "Sun, 23 Mar 2025 20:30:00 +0000"


def test_bcc_is_never_written() -> None:
    people = (Recipient(1, TO, "a@example.org"), Recipient(2, BCC, "hidden@example.org"))
    assert b"hidden" not in build(an_email(recipients=people), content()).data


def test_only_bcc_gives_undisclosed_recipients() -> None:
    built = build(an_email(recipients=(Recipient(1, BCC, "a@example.org"),)), content())
    assert raw_header(built, "To") == "undisclosed-recipients:;"
    assert read(built)["To"].addresses == ()


def test_settled_recipients_stay_in_the_header() -> None:
    people = (Recipient(1, TO, "a@example.org", pending=False), Recipient(2, TO, "b@example.org"))
    assert len(read(build(an_email(recipients=people), content()))["To"].addresses) == 2


def test_long_recipient_lists_fold_at_addresses() -> None:
    people = tuple(Recipient(i, TO, f"person{i}@example.org", f"Person {i}") for i in range(50))
    built = build(an_email(recipients=people), content())
    lines = raw_header(built, "To").split("\r\n")
    assert len(lines) > 20
    assert all(len(line) <= 78 and line.endswith((",", ">")) for line in lines)
    assert [a.username for a in read(built)["To"].addresses] == [f"person{i}" for i in range(50)]


def test_international_domain_is_xn_in_header_and_envelope() -> None:
    people = (Recipient(1, TO, "ann@müller.example"),)
    built = build(an_email(from_email="Post <post@bücher.example>", recipients=people), content())
    assert built.envelope_from == "post@xn--bcher-kva.example"
    assert raw_header(built, "From") == "Post <post@xn--bcher-kva.example>"
    assert raw_header(built, "To") == "ann@xn--mller-kva.example"
    assert not built.smtputf8
    assert built.data.isascii()


@pytest.mark.parametrize("kind", [TO, CC, BCC])
def test_local_part_that_is_not_ascii_needs_smtputf8(kind: RecipientKind) -> None:
    people = (Recipient(1, TO, "a@example.org"), Recipient(2, kind, "jörg@müller.example"))
    built = build(an_email(recipients=people), content(subject="Grüße"))
    assert built.smtputf8 is (kind != BCC)
    assert ("jörg@xn--mller-kva.example".encode() in built.data) is (kind != BCC)
    message = email.message_from_string(built.data.decode(), policy=email.policy.SMTPUTF8)
    assert message["Subject"] == "Grüße"


@pytest.mark.parametrize("kind", [TO, CC])
@pytest.mark.parametrize("name", ["", "Jörg Müller", "Chief, Accounts"])
def test_for_a_server_without_smtputf8_the_mailbox_is_the_name_of_an_empty_group(
    kind: RecipientKind, name: str
) -> None:
    people = (
        Recipient(1, TO, "ann@example.org", "Ann"),
        Recipient(2, kind, "jörg@müller.example", name),
        Recipient(3, kind, "ben@example.org"),
    )
    mail = an_email(recipients=people, reply_to=("Zoë <zoë@example.org>", "office@example.org"))
    built = build(mail, content(), ascii_only=True)
    assert not built.smtputf8
    assert built.data.isascii()
    shown = [group for field in ("To", "Cc") for group in getattr(read(built)[field], "groups", ())]
    (old,) = [group for group in shown if not group.addresses]
    assert old.display_name == f"{name} jörg@müller.example".strip()
    others = [a.addr_spec for group in shown for a in group.addresses]
    assert others == ["ann@example.org", "ben@example.org"]
    first, second = read(built)["Reply-To"].groups
    assert (first.display_name, first.addresses) == ("Zoë zoë@example.org", ())
    assert second.addresses[0].addr_spec == "office@example.org"


def test_ascii_only_changes_nothing_in_an_ascii_message() -> None:
    mail = an_email(reply_to=("Zoë <zoe@example.org>",))
    assert build(mail, content(), ascii_only=True) == build(mail, content())


def test_structured_fields_are_written_verbatim() -> None:
    url = "<https://example.org/u/" + "abc,_=&%20" * 40 + ">"
    headers = {
        "List-Unsubscribe": f"{url}, <mailto:u@example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Feedback-ID": "campaign:customer:type:sender",
        "References": " ".join(f"<{i}.{'x' * 30}@example.org>" for i in range(30)),
    }
    built = build(an_email(headers=headers), content())
    for name, value in headers.items():
        assert raw_header(built, name).replace("\r\n", "") == value
    assert raw_header(built, "References").count("\r\n") > 10
    assert "=?" not in built.data.decode()


@pytest.mark.parametrize(
    "value",
    [
        '{"to":["ann@example.org","ben@example.org"],"sub":{"-name-":["Ann","Ben"]},"category":'
        '"welcome","unique_args":{"order":"4711"}}',
        '{"a": "two  blanks", "b": "   three"}',
        "x" * 900,
        " ".join(["word"] * 900),
        "a" + "  b" * 300,
    ],
)
@pytest.mark.parametrize("name", ["X-SMTPAPI", "References", "List-Unsubscribe"])
def test_own_header_in_ascii_stays_as_it_is(name: str, value: str) -> None:
    built = build(an_email(headers={name: value}), content())
    assert raw_header(built, name).replace("\r\n ", " ") == value
    assert not re.search(rb"\r\n +\r\n", built.data)
    assert max(map(len, built.data.split(b"\r\n"))) <= 998


def test_subject_in_ascii_stays_as_it_is() -> None:
    subject = f"See https://example.org/{'a' * 200} and more"
    built = build(an_email(), content(subject=subject))
    assert subject in raw_header(built, "Subject").replace("\r\n ", " ")


def test_own_header_in_another_script_reads_back() -> None:
    value = "Lehrgang für Anfänger 中文" * 5
    built = build(an_email(headers={"X-Kind": value}), content())
    assert read(built)["X-Kind"] == value


def test_auto_submitted_no_means_a_person_wrote_it() -> None:
    built = build(an_email(headers={"auto-submitted": "no"}), content())
    message = read(built)
    assert message.get_all("Auto-Submitted") == ["no"]
    assert "X-Auto-Response-Suppress" not in message


def test_feedback_id_names_type_and_sender_unless_the_caller_gave_one() -> None:
    def field(**fields: Any) -> str | None:
        message = read(build(an_email(**fields), content(), feedback_id="exampleorg"))
        return message["Feedback-ID"]

    assert field(email_type="orders.paid") == "orders.paid:exampleorg"
    assert field(email_type="Bestellung: größe") == "Bestellung-gr-e:exampleorg"
    assert field(headers={"feedback-id": "a:b:c:d"}) == "a:b:c:d"
    assert read(build(an_email(), content()))["Feedback-ID"] is None


def test_language_and_reply_to_are_written() -> None:
    message = read(
        build(an_email(language="pt-BR", reply_to=("Ann <a@x.org>", "b@x.org")), content())
    )
    assert message["Content-Language"] == "pt-BR"
    # The language that the template has, and not the one that was asked for.
    rendered = content()._replace(language="de")
    assert read(build(an_email(language="de-AT"), rendered))["Content-Language"] == "de"
    assert read(build(an_email(), rendered))["Content-Language"] == "de"
    assert [a.addr_spec for a in message["Reply-To"].addresses] == ["a@x.org", "b@x.org"]


INJECTION = "=?utf-8?q?=0AX-Injected=3A_1?="


def test_encoded_word_in_user_text_stays_text() -> None:
    people = (Recipient(1, TO, "a@example.org", INJECTION),)
    files = (Attachment(INJECTION, "text/plain", b""),)
    email_ = an_email(recipients=people, from_email=f'"{INJECTION}" <p@x.org>', attachments=files)
    built = build(email_, content(subject=INJECTION))
    message = read(built)
    assert message["Subject"] == INJECTION
    assert message["To"].addresses[0].display_name == INJECTION
    assert message["From"].addresses[0].display_name == INJECTION
    assert "X-Injected" not in message
    assert b"\nX-Injected" not in built.data
    assert next(message.iter_attachments()).get_filename() == INJECTION


def test_nothing_in_a_header_turns_what_follows_it() -> None:
    people = (
        Recipient(1, TO, "ann@example.org", "Ann\u202e"),
        Recipient(2, CC, "a@x.org", "\u2067"),
        Recipient(3, CC, "jörg@x.org", "Jörg\u202e"),
    )
    files = (Attachment("evil\u202efdp.exe", "application/pdf", b"x"),)
    asked = an_email(recipients=people, attachments=files, reply_to=("Bo\u202d <bo@x.org>",))
    family = "👩\u200d👧 \u200f42"
    built = build(asked, content(subject=f"{family}\u2067"), ascii_only=True)
    message = read(built)
    assert message["Subject"] == family
    assert message["To"] == "Ann <ann@example.org>"
    assert message["Cc"].addresses[0].display_name == ""
    assert message["Cc"].groups[1].display_name == "Jörg jörg@x.org"
    assert message["Reply-To"] == "Bo <bo@x.org>"
    assert next(message.iter_attachments()).get_filename() == "evilfdp.exe"


BREAK = "\r\nBcc: eve@example.org"


@pytest.mark.parametrize(
    ("changes", "asked", "where"),
    [
        ({}, content(subject=f"a{BREAK}"), "subject"),
        ({}, content(subject="a\0"), "subject"),
        ({}, content(subject="a\u2028b"), "subject"),
        ({}, content(subject="a\ud800b"), "subject"),
        ({}, content(text="a\0b"), "text body has a NUL"),
        ({}, content(text="a\ud800b"), "text body"),
        ({}, content(html="a\udfffb"), "HTML body"),
        ({"recipients": (Recipient(1, TO, "a@x.org", f"a{BREAK}"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, CC, f"a@x.org{BREAK}"),)}, content(), "Cc address 1"),
        ({"recipients": (Recipient(1, TO, "a@x.org,b@x.org"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, TO, "a@x.org)b@evil.test"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, TO, "a@b..c"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, TO, "a..b@x.org"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, TO, "nobody"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, TO, f"a@{'ü' * 80}.org"),)}, content(), "To address 1"),
        ({"recipients": (Recipient(1, CC, "jö rg@x.org"),)}, content(), "address"),
        ({"from_email": f"Ann{BREAK} <a@x.org>"}, content(), "From"),
        ({"from_email": "Ann <a@x.org>, Bob <b@x.org>"}, content(), "From"),
        ({"from_email": ""}, content(), "From"),
        ({"reply_to": ("a@x.org\n",)}, content(), "Reply-To"),
        ({"headers": {"X-A": f"a{BREAK}"}}, content(), "X-A"),
        ({"headers": {"X-A\r\nBcc": "a"}}, content(), "header name"),
        ({"headers": {"Bcc": "a@x.org"}}, content(), "Bcc"),
        ({"headers": {"X-A": "x" * 901}}, content(), "part longer than 900"),
        ({"message_id": f"<a@x.org>{BREAK}"}, content(), "Message-ID"),
        ({"message_id": "a b@x.org"}, content(), "Message-ID"),
        ({"language": f"de{BREAK}"}, content(), "language"),
        ({"ready_at": datetime(2025, 1, 1)}, content(), "Date"),
        ({"attachments": (Attachment(f"a{BREAK}", "a/b", b""),)}, content(), "file name"),
        ({"attachments": (Attachment("a", f"a/b{BREAK}", b""),)}, content(), "MIME type"),
        ({"attachments": (Attachment("a", "pdf", b""),)}, content(), "MIME type"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_with_its_place(
    changes: dict[str, Any], asked: Content, where: str
) -> None:
    with pytest.raises(MessageError, match=where):
        build(an_email(**changes), asked)
