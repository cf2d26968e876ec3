"""Addresses, commands and dots on the wire, and what one reply says by itself."""

import pytest

from postroom.mailer.coroutines import Steps
from postroom.mailer.outcomes.outcome import Failed, Reply
from postroom.mailer.smtp.envelope import Envelope, OutgoingMail, envelope, stuffed
from postroom.mailer.smtp.features import Features
from postroom.mailer.smtp.reply import enhanced, greylisting, no_such_address, says, throttled
from postroom.shared.telemetry.masking import mask_addresses

UTF8 = Features(smtputf8=True)


def allowed() -> Steps[bool]:
    return True
    yield  # makes it a generator


def made(
    *recipients: str,
    features: Features = Features(),  # noqa: B008 (frozen)
    sender: str = "f@example.org",
    smtputf8: bool = False,
    data: bytes = b"x",
) -> Envelope:
    return envelope(OutgoingMail(sender, recipients, data, smtputf8, allowed), features)


def test_commands_for_a_plain_mail() -> None:
    assert made("a@example.org", "b@example.org").commands == [
        b"MAIL FROM:<f@example.org>\r\n",
        b"RCPT TO:<a@example.org>\r\n",
        b"RCPT TO:<b@example.org>\r\n",
    ]


def test_null_sender_and_size() -> None:
    commands = made("a@example.org", sender="", features=Features(size=0), data=b"12345").commands
    assert commands[0] == b"MAIL FROM:<> SIZE=5\r\n"


@pytest.mark.fault(71)
def test_size_beyond_the_limit_is_refused_with_both_named() -> None:
    limit = Features(size=4)
    assert made("a@example.org", features=limit, data=b"1234").commands
    refused = made("a@example.org", features=limit, data=b"12345")
    assert not refused.commands
    outcome = refused.refused["a@example.org"]
    assert isinstance(outcome, Failed)
    assert "5 bytes" in outcome.error
    assert "limit of 4" in outcome.error


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c\r\nRCPT TO:<x@y.z",
        "a@b.c> SIZE=1",
        "a b@c.d",
        "a\x00@b.c",
        "a\n@b.c",
        "<a@b.c",
        "a\t@b.c",
    ],
)
def test_address_cannot_carry_a_command(address: str) -> None:
    found = made(address, "ok@example.org")
    assert set(found.refused) == {address}
    assert found.addresses == ("ok@example.org",)
    assert not made("ok@example.org", sender=address).commands


def test_foreign_domain_is_sent_as_xn() -> None:
    for features in (Features(), UTF8):
        command = made("a@bücher.example", features=features).commands[1]
        assert command == b"RCPT TO:<a@xn--bcher-kva.example>\r\n"


@pytest.mark.parametrize("domain", ["ü..example", "ü" * 70 + ".example", "☃.example"])
def test_domain_that_is_no_name_is_refused(domain: str) -> None:
    assert not made(f"a@{domain}", features=UTF8).commands


def test_sharp_s_and_ss_are_two_domains() -> None:
    assert made("a@straße.example", "a@strasse.example").commands[1:] == [
        b"RCPT TO:<a@xn--strae-oqa.example>\r\n",
        b"RCPT TO:<a@strasse.example>\r\n",
    ]


@pytest.mark.parametrize("local", ['"john doe"', '"a>b"', '"<x>"', r'"a\"b"', '"a..b"', "fax/+49"])
def test_quoted_local_part_is_sent_as_it_is(local: str) -> None:
    assert made(f"{local}@example.org").commands[1] == f"RCPT TO:<{local}@example.org>\r\n".encode()


def test_local_part_beyond_ascii_needs_smtputf8() -> None:
    found = made("jürgen@example.org", "a@example.org")
    assert isinstance(found.refused["jürgen@example.org"], Failed)
    assert found.addresses == ("a@example.org",)
    assert b"SMTPUTF8" not in found.commands[0]
    found = made("jürgen@example.org", "a@example.org", features=UTF8)
    assert found.commands[0].endswith(b" SMTPUTF8\r\n")
    assert found.commands[1] == "RCPT TO:<jürgen@example.org>\r\n".encode()


def test_message_of_ascii_is_made_for_a_server_without_smtputf8_and_only_then() -> None:
    mail = OutgoingMail(
        "f@example.org", ["a@example.org"], "ü".encode(), True, allowed, ascii_data=lambda: b"u"
    )
    assert mail.for_server(UTF8) is mail
    old = mail.for_server(Features())
    assert (old.data, old.smtputf8) == (b"u", False)
    assert envelope(old, Features()).addresses == ("a@example.org",)


def test_no_message_is_made_for_a_sender_that_cannot_be_sent() -> None:
    people = ["a@example.org"]
    mail = OutgoingMail("jörg@example.org", people, b"x", True, allowed, ascii_data=bytes)
    assert mail.for_server(Features()) is mail


def test_message_or_sender_that_needs_smtputf8_is_refused_without_it() -> None:
    assert not made("a@example.org", smtputf8=True).commands
    assert not made("a@example.org", sender="jürgen@example.org").commands
    assert b"SMTPUTF8" in made("a@example.org", smtputf8=True, features=UTF8).commands[0]


@pytest.mark.parametrize(
    ("data", "wire"),
    [
        (b"a\r\n", b"a\r\n"),
        (b"a", b"a\r\n"),
        (b"", b"\r\n"),
        (b".", b"..\r\n"),
        (b"a\r\n.\r\n.b.\r\n", b"a\r\n..\r\n..b.\r\n"),
        (b"\r\n\r\n..\r\n", b"\r\n\r\n...\r\n"),
    ],
)
def test_dots_are_doubled_at_line_starts_only(data: bytes, wire: bytes) -> None:
    assert stuffed(data) == wire


@pytest.mark.parametrize(
    ("code", "text", "status"),
    [
        (550, "5.1.1 unknown", "5.1.1"),
        (550, "5.1.10", "5.1.10"),
        (550, "unknown 5.1.1", ""),
        (550, "5.1.1.1 version", ""),
        (550, "5.1.1000 no", ""),
        (550, "4.1.1 of another class", ""),
        (250, "2.0.0 ok", "2.0.0"),
        (550, "", ""),
    ],
)
def test_enhanced_code_opens_the_text(code: int, text: str, status: str) -> None:
    assert enhanced(Reply(code, text)) == status


def test_words_refine_the_code() -> None:
    assert greylisting(Reply(450, "Graylisted, come back"))
    assert not greylisting(Reply(550, "5.7.1 grey-listed for good"))
    assert not throttled(Reply(451, "4.7.1 rate"))
    assert throttled(Reply(450, "4.7.0 rate limit"))
    assert not no_such_address(Reply(554, "5.1.1 by another code"))


def test_error_is_short() -> None:
    reported = says("Refused", Reply(550, "a@example.org\n" + "word " * 2000))
    assert reported.startswith("Refused: 550 a***@example.org word")
    assert len(reported) < 350
    assert says("Refused", Reply(0, "")) == "Refused"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("<ann.lee@example.org>: no", "<a***@example.org>: no"),
        ("a@b.c", "a***@b.c"),
        ("jürgen@bücher.example", "j***@bücher.example"),
        ('"ann lee"@example.org', "a***@example.org"),
        ("a+tag=x@[192.0.2.1],b@c.d", "a***@[192.0.2.1],b***@c.d"),
        ("no address @ all", "no address @ all"),
        ("x" * 100_000, "x" * 100_000),
    ],
)
def test_addresses_are_masked(text: str, masked: str) -> None:
    assert mask_addresses(text) == masked
