"""Callbacks of pika that raise."""

import pytest

from postroom.shared.broker.callbacks import answered


def test_callback_is_called_with_what_pika_gives() -> None:
    seen: list[object] = []
    answered("delivery", lambda *given: seen.append(given))(1, "two", None)
    assert seen == [(1, "two", None)]


def test_callback_that_raises_is_logged_and_answered(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*_given: object) -> None:
        raise TypeError("not what was expected")

    seen: list[object] = []
    answered("delivery", fails, lambda *given: seen.append(given))(1, 2)
    assert seen == [(1, 2)]
    shown = "".join(capsys.readouterr())
    assert "broker_callback_failed" in shown
    assert "not what was expected" in shown


def test_answer_that_raises_is_logged_too(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*_given: object) -> None:
        raise OSError("the channel is gone")

    answered("delivery", fails, fails)()
    assert "broker_callback_not_answered" in "".join(capsys.readouterr())
