"""The words of real servers' replies, line by line, and what each reply is about."""

import pytest

from postroom.mailer.outcomes.outcome import Reply
from postroom.mailer.smtp.reply import (
    Subject,
    crowded,
    greylisting,
    refusal_of_us,
    session_spent,
    subject,
    too_large,
)
from tests.support.smtp.real_replies import (
    ABOUT_THE_EMAIL,
    BLOCKED,
    CROWDED,
    GREETING,
    GREYLISTED,
    LOGIN,
    NOT_CROWDED,
    SLOWER,
    TLS,
    USED_UP,
)


def reply(line: str) -> Reply:
    return Reply(int(line[:3]), line[4:])


def about(reply: Reply) -> str:
    """What a reply is about; of a refusal, what to look at."""
    found = subject(reply)
    if found is Subject.REFUSAL:
        refusal = refusal_of_us(reply)
        assert refusal
        return refusal.see
    return "greylist" if greylisting(reply) else found.value


EACH = [
    *((line, "connections") for line in CROWDED),
    *((line, "pace") for line in SLOWER),
    *((line, "quota") for line in USED_UP),
    *((line, "EMAIL_HOST_USER and EMAIL_HOST_PASSWORD") for line in LOGIN),
    *((line, "EMAIL_EHLO_NAME") for line in GREETING),
    *((line, "what the server's operator says") for line in BLOCKED),
    *((line, "EMAIL_USE_TLS, EMAIL_USE_SSL and EMAIL_PORT") for line in TLS),
    *((line, "greylist") for line in GREYLISTED),
    *((line, "e-mail") for line in ABOUT_THE_EMAIL),
]


@pytest.mark.parametrize(("line", "meaning"), EACH)
def test_reply_is_about(line: str, meaning: str) -> None:
    assert about(reply(line)) == meaning
    # Letter case and line breaks are a matter of taste.
    assert about(reply(line[:4] + line[4:].upper())) == meaning
    assert about(reply(line.replace(" try", "\ntry").replace(" exceeded", "\nexceeded"))) == meaning


@pytest.mark.parametrize("line", NOT_CROWDED)
def test_other_limits_are_not_about_connections(line: str) -> None:
    assert not crowded(reply(line))


@pytest.mark.parametrize(
    ("line", "is_size"),
    [
        ("552 too big", True),
        ("552 message refused", True),
        ("552 5.2.3 Message exceeds the maximum size", True),
        ("552 attachment too large, policy", True),
        ("500 5.3.4 over the limit", True),
        ("552 5.7.0 This message was blocked because its content is a security issue", False),
        ("552 5.7.1 rejected by policy", False),
        ("552 spam message rejected", False),
        ("552 5.2.2 over quota", False),
    ],
)
def test_552_is_about_the_size_unless_it_says_otherwise(line: str, is_size: bool) -> None:
    assert too_large(reply(line)) == is_size


@pytest.mark.parametrize("words", ["need EHLO and AUTH first !", "5.5.1 Authentication required"])
def test_bad_sequence_may_be_a_login_that_is_missing(words: str) -> None:
    assert subject(Reply(503, words)) is Subject.LOGIN


def test_words_of_a_reply_of_many_lines_belong_together() -> None:
    assert crowded(Reply(421, "4.7.0 Too many\n4.7.0 connections from you"))


@pytest.mark.parametrize(
    "words",
    [
        "Relay access denied",
        "blocked using zen.example.org",
        "Helo command rejected",
        "daily sending quota exceeded",
        "too many connections",
        "try again later",
    ],
)
def test_address_cannot_choose_what_a_reply_means(words: str) -> None:
    atoms = words.replace(" ", ".")
    for quoted in (f"<{atoms}@example.org>", f'"{words}"@example.org', f"{atoms}@example.org"):
        assert about(Reply(550, f"5.7.1 {quoted}: no")) == "e-mail"
        assert about(Reply(450, f"{quoted}: not now")) == "e-mail"
    # Nor does a server that is asked about the recipient, and whose words are passed on.
    assert about(Reply(450, f"4.1.1 unverified: host mx.example.org said: 450 {words}")) == "e-mail"


def test_connection_that_has_carried_enough_is_known() -> None:
    assert session_spent(Reply(421, "too many messages in one connection"))
    assert session_spent(Reply(421, "Max message per connection reached, closing"))
    assert session_spent(Reply(452, "4.5.3 Too many transactions in this session"))
    assert not session_spent(Reply(421, "too many connections"))
    assert not session_spent(Reply(250, "message 3 on this connection"))
