"""What a caller may set as header fields, mailboxes and one-line texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.header_rules import (
    MAX_NAME,
    RESERVED,
    HeaderError,
    check_header,
    check_headers,
    check_language,
    check_text,
    split_mailbox,
    without_controls,
    without_turns,
)

CONTROLS = ["\r", "\n", "\r\n", "\0", "\t", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Ticket", "42"),
        ("x-ticket", "Größe 中文 🎉"),
        ("List-Unsubscribe", "<https://example.org/u?a=1,2>, <mailto:u@example.org>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("References", "<a@example.org> <b@example.org>"),
        ("Auto-Submitted", "no"),
        ("Auto-Submitted", "Auto-Notified; owner-email=ann@example.org"),
        ("X-A", "a  b " + "c" * 900),
        ("Importance", "high"),
        ("Precedence", "bulk"),
    ],
)
def test_usual_headers_are_allowed(name: str, value: str) -> None:
    check_header(name, value)


@pytest.mark.parametrize("name", [*sorted(RESERVED), "Content-Type", "Resent-To", "content-x"])
def test_reserved_names_are_refused_in_any_case(name: str) -> None:
    for spelling in (name, name.upper(), name.title()):
        with pytest.raises(HeaderError, match="set by Postroom"):
            check_header(spelling, "x")


@pytest.mark.parametrize(
    "name", ["", "a b", "a:b", "X-Ü", "X\r\nBcc", "X\0", "X" * (MAX_NAME + 1), "X-A\n"]
)
def test_what_is_no_field_name_is_refused(name: str) -> None:
    with pytest.raises(HeaderError, match="not a header name"):
        check_header(name, "x")


@pytest.mark.parametrize("control", [*CONTROLS, "\ud800"])
def test_control_characters_are_refused_everywhere(control: str) -> None:
    with pytest.raises(HeaderError, match="control character"):
        check_header("X-A", f"a{control}b")
    with pytest.raises(HeaderError, match=r"subject has a control character.*position 2"):
        check_text(f"a{control}b", "subject")
    with pytest.raises(HeaderError, match="control character"):
        split_mailbox(f"Ann{control} <ann@example.org>")


def test_text_keeps_all_but_what_breaks_its_line_or_turns_what_follows() -> None:
    kept = "👩\u200d👩\u200d👧 ک\u200cم \u200f(1)\u200e \u061c\u00a0é"
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    assert without_turns(kept + turning) == kept
    assert without_turns(f"{turning}a\n{turning}b") == "a\nb"
    assert without_controls(turning.join([kept, *CONTROLS, "\ud800"])) == kept


def test_start_of_an_encoded_word_is_refused_in_a_header_and_kept_in_text() -> None:
    with pytest.raises(HeaderError, match="encoded word"):
        check_header("X-A", "=?utf-8?q?=0AX-Injected=3A_1?=")
    check_text("=?utf-8?q?=0AX-Injected=3A_1?=", "subject")


@pytest.mark.parametrize("value", ["", " "])
def test_empty_value_is_refused(value: str) -> None:
    with pytest.raises(HeaderError, match="empty"):
        check_header("X-A", value)


@pytest.mark.parametrize(
    "value", ["<https://example.org/ü>", " <https://example.org>", "<https://" + "a" * 900 + ">"]
)
def test_literal_header_must_be_plain_ascii_that_can_be_folded(value: str) -> None:
    with pytest.raises(HeaderError, match="List-Unsubscribe"):
        check_header("List-Unsubscribe", value)


def test_auto_submitted_takes_only_the_words_of_rfc_3834() -> None:
    with pytest.raises(HeaderError, match="RFC 3834"):
        check_header("Auto-Submitted", "maybe")


def test_too_long_values_are_refused() -> None:
    with pytest.raises(HeaderError, match="at most 8000"):
        check_header("X-A", "a" * 8001)
    with pytest.raises(HeaderError, match="at most 3"):
        check_text("abcd", "subject", 3)
    with pytest.raises(HeaderError, match="at most 3"):
        check_text("a\u00a0cd", "subject", 3)


def test_name_given_twice_in_another_case_is_refused() -> None:
    check_headers({"X-A": "1", "X-B": "2"})
    with pytest.raises(HeaderError, match="twice"):
        check_headers({"X-A": "1", "x-a": "2"})


@pytest.mark.parametrize("tag", ["de", "pt-BR", "zh-Hans-CN"])
def test_language_tags_are_allowed(tag: str) -> None:
    check_language(tag)


@pytest.mark.parametrize("tag", ["", "de_DE", "de\r\nBcc: x", "toolonglanguage", "a-" * 40 + "a"])
def test_what_is_no_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(HeaderError, match="language tag"):
        check_language(tag)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ann@example.org", ("", "ann@example.org")),
        (" ann@example.org ", ("", "ann@example.org")),
        ("<ann@example.org>", ("", "ann@example.org")),
        ("Ann Müller <ann@example.org>", ("Ann Müller", "ann@example.org")),
        ('"Doe, Ann" <ann@example.org>', ("Doe, Ann", "ann@example.org")),
        (r'"Ann \"A\" Doe" <ann@example.org>', ('Ann "A" Doe', "ann@example.org")),
        ('Ann "Annie" Lee <ann@example.org>', ("Ann Annie Lee", "ann@example.org")),
        ('"Ann" "L, ee" <ann@example.org>', ("Ann L, ee", "ann@example.org")),
        ("Example Inc. (test) <a@example.org>", ("Example Inc. (test)", "a@example.org")),
    ],
)
def test_mailbox_is_taken_apart(value: str, expected: tuple[str, str]) -> None:
    assert split_mailbox(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "Ann <a@example.org>, Bob <b@example.org>",
        "a@example.org, Bob <b@example.org>",
        "Doe, Ann <ann@example.org>",
        '"Ann" <a@example.org>, "Bob" <b@example.org>',
        '"Ann"" <a@example.org>',
        '"Doe" , Ann <ann@example.org>',
    ],
)
def test_what_may_be_several_addresses_is_refused(value: str) -> None:
    with pytest.raises(HeaderError):
        split_mailbox(value)


@given(st.text(), st.text())
def test_any_text_is_accepted_or_refused_with_a_sentence(name: str, value: str) -> None:
    for check in (lambda: check_header(name, value), lambda: split_mailbox(value)):
        try:
            check()
        except HeaderError as problem:
            assert str(problem).endswith(".")
