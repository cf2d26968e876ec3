"""What a message of Django becomes: the row, its recipients and its parts."""

from email.header import Header
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.utils import formataddr
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils.functional import lazystr

from postroom.backend import EmailBackend, UnsupportedMessageError
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue
from tests.support.backend_messages import image, parts, people, plain, queued, with_html

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:MIMEBase attachments are deprecated"),
]


def test_everything_of_a_plain_message() -> None:
    message = plain(
        subject=lazystr("Grüße"),
        body=lazystr("Où?"),
        from_email=lazystr("Büro <a@example.org>"),
        to=[lazystr("Ann <b@x.example>")],
        cc=["c@x.example"],
        bcc=["d@x.example"],
        reply_to=["r@x.example"],
        headers={"X-Own": 7, "List-Id": "<news.example.org>"},
    )
    row = queued(message)
    assert (row.subject, row.plain_body, row.html_body) == ("Grüße", "Où?", "")
    assert (row.from_email, row.reply_to) == ("Büro <a@example.org>", ["r@x.example"])
    assert row.headers == {"X-Own": "7", "List-Id": "<news.example.org>"}
    assert people(row) == [
        ("to", "b@x.example", "Ann"),
        ("cc", "c@x.example", ""),
        ("bcc", "d@x.example", ""),
    ]
    assert (row.email_type, row.priority, row.status) == ("django", "normal", "pending")


@pytest.mark.parametrize("subject", ["", None])
def test_an_empty_message_is_a_message(subject: str | None) -> None:
    row = queued(plain(subject=subject, body=""))
    assert (row.subject, row.plain_body) == ("", "\n")


def test_names_and_subject_in_encoded_words_are_read() -> None:
    message = plain(
        subject=Header("Grüße an Zoë", "utf-8").encode(),
        to=[formataddr(("Zoë, die Ä", "b@x.example"))],
        headers={"X-Name": Header("Zoë", "utf-8").encode()},
    )
    row = queued(message)
    assert row.subject == "Grüße an Zoë"
    assert people(row) == [("to", "b@x.example", "Zoë, die Ä")]
    assert row.headers == {"X-Name": "Zoë"}


def test_html_and_other_forms_of_the_body() -> None:
    message = with_html()
    message.attach_alternative("BEGIN:VCALENDAR", "text/calendar; method=REQUEST")
    message.attach_alternative("<html amp4email>", "text/x-amp-html")
    row = queued(message)
    assert (row.plain_body, row.html_body) == ("Text", "<p>Text</p>")
    assert parts(row) == [
        ("", "text/calendar; method=REQUEST", "alternative", "", b"BEGIN:VCALENDAR"),
        ("", "text/x-amp-html", "alternative", "", b"<html amp4email>"),
    ]


def test_html_as_the_body_itself() -> None:
    message = plain(body="<p>x</p>")
    message.content_subtype = "html"
    row = queued(message)
    assert (row.plain_body, row.html_body) == ("", "<p>x</p>")


def test_text_and_html_may_both_be_alternatives() -> None:
    message = EmailMultiAlternatives("Hi", "", "a@example.org", ["b@x.example"])
    message.attach_alternative("Text", "text/plain")
    message.attach_alternative(b"<p>x</p>", "text/html; charset=utf-8")
    row = queued(message)
    assert (row.plain_body, row.html_body, parts(row)) == ("Text", "<p>x</p>", [])


def test_headers_with_a_field_of_their_own() -> None:
    headers = {
        "From": '"The Office" <a@example.org>',
        "Message-ID": "<mine@example.org>",
        "reply-to": '"Doe, Ann" <r@x.example>, s@x.example',
        "Content-Language": "de",
        "MIME-Version": "1.0",
        "X-Empty": "",
    }
    row = queued(plain(headers=headers))
    assert row.from_email == '"The Office" <a@example.org>'
    assert row.message_id == "<mine@example.org>"
    assert row.reply_to == ['"Doe, Ann" <r@x.example>', "s@x.example"]
    assert (row.language, row.headers) == ("de", {})


def test_whom_no_header_names_is_mailed_as_bcc() -> None:
    headers = {"To": "List <list@x.example>"}
    row = queued(plain(to=["list@x.example", "b@x.example"], cc=["c@x.example"], headers=headers))
    assert people(row) == [
        ("to", "list@x.example", "List"),
        ("cc", "c@x.example", ""),
        ("bcc", "b@x.example", ""),
    ]


def test_undisclosed_recipients() -> None:
    row = queued(plain(headers={"To": "undisclosed-recipients:;"}))
    assert people(row) == [("bcc", "b@x.example", "")]


def test_every_address_once() -> None:
    row = queued(plain(to=["b@x.example", "", "B@X.example"], bcc=["b@x.example", "c@x.example"]))
    assert people(row) == [("to", "b@x.example", ""), ("bcc", "c@x.example", "")]


class Signed(EmailMessage):
    """As packages for OpenPGP and S/MIME do it."""

    def message(self, *_arguments: Any, **_options: Any) -> Any:
        return MIMEMultipart("signed")


def refused_part(name: str) -> MIMEImage:
    part = image()
    part[name] = "x"
    return part


def with_attributes(**values: Any) -> EmailMessage:
    message = with_html()
    for name, value in values.items():
        setattr(message, name, value)
    return message


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (plain(headers={"Date": "x"}), r"headers: Date: the mailer writes Date"),
        (plain(headers={"bcc": "x@x.example"}), r"headers: bcc: use the argument bcc"),
        (plain(headers={"Sender": "x@x.example"}), r"headers: Sender: there is no Sender"),
        (plain(headers={"Return-Path": "x@x.example"}), r"headers: Return-Path: .*no envelope"),
        (plain(headers={"From": "x@x.example"}), r"headers: From: x@x.example and from_email"),
        (plain(headers={"From": "a@example.org, x@x.example"}), r"headers: From: .*two addresses"),
        (plain(headers={"To": "x@x.example"}), r"headers: To: names x@x.example"),
        (plain(headers={"To": "nobody"}), r"headers: To: 'nobody' is not a list of addresses"),
        (plain(headers={"Message-ID": "<x>"}), r"headers: The Message-ID is not like"),
        (plain(headers={"Content-Type": "text/x"}), r"headers: The header Content-Type is set by"),
        (plain(headers={"X-A": "a\nb"}), r"headers: .*control character or line break"),
        (plain(subject="a\nb"), r"subject: .*control character or line break"),
        (plain(to=["django"]), r"recipients: 'django' is not an e-mail address: It has no @"),
        (plain(from_email="tester"), r"from_email: 'tester' is not an e-mail address"),
        (with_attributes(content_subtype="markdown"), r"content_subtype: the body is text/mark"),
        (with_attributes(mixed_subtype="signed"), r"mixed_subtype: 'signed' is not mixed"),
        (with_attributes(alternative_subtype="mixed"), r"alternative_subtype: 'mixed' is not"),
        (with_attributes(attachments=["x"]), r"attachments: str is neither"),
        (with_attributes(attachments=[MIMEMultipart()]), r"attachments: a multipart/mixed part"),
        (with_attributes(attachments=[refused_part("Content-Location")]), r"Content-Location"),
        (with_attributes(attachments=[image("<a b>")]), r"attachments: 'a b' is not a Content-ID"),
        (with_attributes(attachments=[("a", b"x", "png")]), r"attachments: 'png' is not a type"),
        (with_attributes(postroom={"prio": "high"}), r"message.postroom: has no option prio"),
        (with_attributes(postroom="high"), r"message.postroom: must be a dict, not str"),
        (with_attributes(postroom={"priority": "x"}), r"priority: 'x' is not one of"),
        (Signed("a", "b", "a@x.example", ["b@x.example"]), r"message: Signed has its own message"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_refused_by_name(message: EmailMessage, problem: str) -> None:
    with pytest.raises(EmailRequestError, match=problem):
        EmailBackend().send_messages([plain(), message])
    assert not EmailQueue.objects.exists()
    assert issubclass(UnsupportedMessageError, ValueError)  # what Django raises for bad headers
