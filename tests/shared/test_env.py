"""Readers of the environment: values and mounted secrets are typed, nonsense names its variable."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import postroom.mailer.__main__
from postroom.shared.env import Environment, SettingsError, read_dotenv

Reader = Callable[[Environment], Any]


def env(**values: str) -> Environment:
    return Environment(values)


READS: list[tuple[Reader, str, Any]] = [
    (lambda e: e.text("X"), "a b", "a b"),
    (lambda e: e.text("X"), "", ""),
    (lambda e: e.text("X", "d"), "", "d"),
    (lambda e: e.text("X", "d"), " \t", "d"),
    (lambda e: e.text("X", "d", blanks=True), "  ", "  "),
    (lambda e: e.text("X", "d", blanks=True), "", "d"),
    (lambda e: e.integer("X", 5), "7", 7),
    (lambda e: e.integer("X", 5), "", 5),
    (lambda e: e.integer("X", 5), " ", 5),
    (lambda e: e.integer("X", 5), "0", 0),
    (lambda e: e.integer("X", 5, least=1, most=9), "9", 9),
    (lambda e: e.seconds("X", 1.0), "0.5", 0.5),
    (lambda e: e.seconds("X", 1.0), "", 1.0),
    (lambda e: e.choice("X", "a", ["a", "b"]), "b", "b"),
    (lambda e: e.choice("X", "a", ["a", "b"]), "", "a"),
    (lambda e: e.listing("X"), " a, b ,,c ", ["a", "b", "c"]),
    (lambda e: e.listing("X"), "", []),
    (lambda e: e.listing("X", "d,e"), "", ["d", "e"]),
    (lambda e: e.listing("X", "d,e"), " ", ["d", "e"]),
    *((lambda e: e.boolean("X"), word, True) for word in ("1", "true", "YES", " on ")),
    *((lambda e: e.boolean("X", True), word, False) for word in ("0", "False", "no", "off")),
    (lambda e: e.boolean("X", True), "", True),
    (lambda e: e.boolean("X"), "", False),
    (lambda e: e.boolean("X", True), " ", True),
]


@pytest.mark.parametrize(("read", "value", "expected"), READS)
def test_value_is_read_and_typed(read: Reader, value: str, expected: Any) -> None:
    assert read(env(X=value)) == expected


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda e: e.required("X", "y"), ""),
        (lambda e: e.required("X", "y"), " "),
        (lambda e: e.integer("X", 5), "five"),
        (lambda e: e.integer("X", 5), "1.5"),
        (lambda e: e.integer("X", 5), "-1"),
        (lambda e: e.integer("X", 5), "9" * 5000),
        (lambda e: e.integer("X", 5, most=9), "10"),
        (lambda e: e.integer("X", 5, least=1), "0"),
        (lambda e: e.seconds("X", 1), "soon"),
        (lambda e: e.seconds("X", 1), "nan"),
        (lambda e: e.seconds("X", 1), "inf"),
        (lambda e: e.seconds("X", 1), "-1"),
        (lambda e: e.seconds("X", 5, least=1), "0.5"),
        (lambda e: e.boolean("X"), "maybe"),
        (lambda e: e.boolean("X"), "2"),
        (lambda e: e.choice("X", "a", ["a", "b"]), "c"),
        (lambda e: e.choice("X", "a", ["a", "b"]), "A"),
    ],
)
def test_nonsense_names_the_variable(read: Reader, value: str) -> None:
    with pytest.raises(SettingsError, match=r"^X\b"):
        read(env(X=value))


def test_required_value_is_told_with_an_example() -> None:
    with pytest.raises(SettingsError, match=r"for example URL=postgresql://h/d"):
        env().required("URL", "postgresql://h/d")


def test_mounted_secret_wins_and_loses_only_its_line_end(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" two words \r\n")
    found = env(PASSWORD_FILE=str(secret), PASSWORD="other").text("PASSWORD")
    assert found == " two words "


def test_blank_name_of_a_secret_is_none() -> None:
    assert env(PASSWORD_FILE=" ", PASSWORD="other").text("PASSWORD") == "other"


@pytest.mark.parametrize("kind", ["missing", "folder", "binary"])
def test_secret_that_cannot_be_read_names_its_variable(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "secret"
    if kind == "folder":
        path.mkdir()
    elif kind == "binary":
        path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"^PASSWORD_FILE: cannot read"):
        env(PASSWORD_FILE=str(path)).text("PASSWORD")


def test_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_TEST_VALUE", "seen")
    assert Environment().text("POSTROOM_TEST_VALUE") == "seen"


# --- .env ---


def test_dotenv_fills_only_what_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"SET": "before"})
    file = tmp_path / ".env"
    file.write_text('# comment\n\nSET=after\nNEW = value \nQUOTED="a b"\nURL=amqp://h/?a=b#c\nE=\n')
    read_dotenv(file)
    assert os.environ == {
        "SET": "before", "NEW": "value", "QUOTED": "a b", "URL": "amqp://h/?a=b#c", "E": "",
    }  # fmt: skip


def test_missing_dotenv_is_no_trouble(tmp_path: Path) -> None:
    read_dotenv(tmp_path / ".env")


@pytest.mark.parametrize("line", ["no sign", "=value", "A B=c", "export A=b"])
def test_bad_line_of_dotenv_is_told_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(os, "environ", {})
    file = tmp_path / ".env"
    file.write_text(f"# one\n{line}\n")
    with pytest.raises(SettingsError, match=r"\.env line 2"):
        read_dotenv(file)


def test_mailer_reads_the_dotenv_file_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(postroom.mailer.__main__, "DOTENV", tmp_path / ".env")
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://u@h/d\nMAILER_CONCURRENCY=many\n")
    assert postroom.mailer.__main__.main(["check"]) == 2
    assert "MAILER_CONCURRENCY='many'" in capsys.readouterr().err
