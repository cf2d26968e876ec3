"""The mailer on a system that cannot run it."""

import select

import pytest

from postroom.mailer.__main__ import main


def test_it_says_in_one_sentence_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(select, "poll")  # as on Windows
    assert main(["run"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("The mailer needs Linux")
