"""Settings that are a host, URL, file or address: taken or refused with their name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from postroom.shared import setting_values
from postroom.shared.env import Environment, SettingsError

Reader = Callable[[Environment], Any]
HOST: Reader = lambda e: setting_values.host(e, "X")  # noqa: E731
LOCAL: Reader = lambda e: setting_values.host(e, "X", "127.0.0.1")  # noqa: E731
URL: Reader = lambda e: setting_values.url(e, "X", "https://a.example")  # noqa: E731
WITH_LOGIN: Reader = lambda e: setting_values.url(e, "X", "https://a", login=True)  # noqa: E731
ORIGINS: Reader = lambda e: setting_values.origins(e, "X")  # noqa: E731
HOSTS: Reader = lambda e: setting_values.host_patterns(e, "X", "")  # noqa: E731
MAILBOX: Reader = lambda e: setting_values.mailbox(e, "X")  # noqa: E731
MAILBOXES: Reader = lambda e: setting_values.mailboxes(e, "X")  # noqa: E731
TOKEN: Reader = lambda e: setting_values.token(e, "X")  # noqa: E731
NAMES: Reader = lambda e: setting_values.names(e, "X", "a", longest=5)  # noqa: E731

TAKEN: list[tuple[Reader, str, Any]] = [
    *((HOST, value, value) for value in (
        "", "localhost", "mail.example.org", "mail.example.org.", "my_server", "192.0.2.1", "::1",
        "müller.example", "0.0.0.0", "a", "xn--mller-kva.example",
    )),
    (HOST, " mail.example.org ", "mail.example.org"),
    (HOST, "[::1]", "::1"),
    (LOCAL, " ", "127.0.0.1"),  # '' would mean all addresses of the machine
    *((URL, value, value) for value in (
        "", "https://postroom.example.org", "http://localhost:8000", "https://a.example/post",
        "http://[::1]:8000",
    )),
    (URL, "https://a.example/", "https://a.example"),
    (WITH_LOGIN, "https://u:p@rabbit:15671/", "https://u:p@rabbit:15671"),
    (ORIGINS, "https://a.example, https://*.b.example:84",
     ["https://a.example", "https://*.b.example:84"]),
    (HOSTS, "*,.a.example,b,[::1],127.0.0.1", ["*", ".a.example", "b", "[::1]", "127.0.0.1"]),
    *((MAILBOX, value, value) for value in (
        "", "office@example.org", "Postroom <office@example.org>", "webmaster@localhost",
        '"Müller, Söhne GmbH" <info@müller.example>', '"a b"@example.org', "o'hara@example.org",
        "ann@[192.0.2.1]", "jörg@example.org", "root@localhost", "user@corp.local",
        "a@[IPv6:2001:db8::1]",
    )),
    (MAILBOXES, '"Doe, Ann" <a@b.example>, c@d.example,',
     ['"Doe, Ann" <a@b.example>', "c@d.example"]),
    (MAILBOXES, "", []),
    (TOKEN, "s3cret-~", "s3cret-~"),
    (NAMES, '"a, b",c', ["a, b", "c"]),
    (NAMES, "", ["a"]),
]  # fmt: skip


@pytest.mark.parametrize(("read", "value", "expected"), TAKEN)
def test_value_that_makes_sense_is_taken(read: Reader, value: str, expected: Any) -> None:
    assert read(Environment({"X": value})) == expected


REFUSED: list[tuple[Reader, str]] = [
    *((HOST, value) for value in (
        "https://mail.example.org", "mail.example.org:587", "mail.example.org/", "a b", "a,b", "-a",
        "a..b", ".a", "10.0.0.256", "u@mail.example.org", "[::1]:25", "x" * 64,
        ".".join(["x" * 60] * 5),
    )),
    *((URL, value) for value in (
        "postroom.example.org", "//a.example", "ftp://a.example", "https://", "https:///x",
        "https://a.example?x=1", "https://a.example#x", "https://u:secret@a.example",
        "https://a.example:0", "https://a.example:99999", "https://a.example:",
        "https://a b.example",
        "https://a.example/<b>", "https:/a.example", "javascript:alert(1)",
    )),
    (WITH_LOGIN, "rabbit:secret@host"),
    *((ORIGINS, value) for value in ("a.example", "https://a.example/path", "*", "https://*")),
    *((HOSTS, value) for value in (
        "https://a.example", "a.example:8000", "a.example/", "*.example.org", "::1", "a b",
        "[fe80::1%eth0]",
    )),
    *((MAILBOX, value) for value in (
        "Postroom", "Müller, Söhne GmbH <info@example.org>", "a@b@c.example", "@example.org", "a@",
        "a b@example.org", "a@b..example", "Postroom <office>", "Postroom office@example.org",
        "a@example.org, b@example.org", "a@example.org:25", "a@-b.example", "<>",
        "Ann <a@b.example",
        ".a@example.org", "x" * 65 + "@example.org",
        # What the call would refuse.
        "office@example.org.", "office@my_host.example", "office@[999.1.1.1]",
        "of\u200bfice@example.org", "Postroom <office@example.org.>", "ü" * 40 + "@example.org",
    )),
    (MAILBOXES, "a@b.example,Müller, Söhne <c@d.example>"),
    (MAILBOXES, "a@b.example;c@d.example"),
    *((TOKEN, value) for value in ("two words", "schlüssel")),
    (NAMES, ","),
    (NAMES, "longer"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "value"), REFUSED)
def test_nonsense_is_refused_by_name_and_shows_no_password(read: Reader, value: str) -> None:
    with pytest.raises(SettingsError, match=r"^X\b") as error:
        read(Environment({"X": value}))
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_file_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    path = f"{tmp_path}/ca.pem"
    assert setting_values.file(Environment({"X": path}), "X") == path
    for wrong in (f"{tmp_path}/other.pem", str(tmp_path)):
        with pytest.raises(SettingsError, match=r"^X='/.* cannot be read: "):
            setting_values.file(Environment({"X": wrong}), "X")


# --- control characters, in every setting


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "a\x00b", "a\x1bb", "a\x7f", "a\udcff", "a\u2028"]
)
def test_text_is_one_line_and_is_not_shown_when_it_is_not(value: str) -> None:
    with pytest.raises(SettingsError, match=r"^X must be one line of UTF-8 text") as error:
        Environment({"X": value}).text("X")
    assert value not in str(error.value)


def test_key_may_have_lines() -> None:
    assert Environment({"X": "-----BEGIN\nabc\n"}).text("X", lines=True) == "-----BEGIN\nabc\n"


def test_secret_of_two_lines_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("one\ntwo\n")
    with pytest.raises(SettingsError, match=r"^X_FILE must be one line"):
        Environment({"X_FILE": f"{tmp_path}/secret"}).text("X")
