"""Steps that go on together: several come to the same place before the first of them goes on."""

import os
import select
import socket
from collections.abc import Iterator
from itertools import pairwise
from time import monotonic

import pytest

from postroom.mailer.coroutines import READ, TOGETHER, StepLoop, Steps, Wait, finish


@pytest.fixture
def loop() -> Iterator[StepLoop]:
    made = StepLoop()
    yield made
    made.close()


def test_all_build_before_the_first_sends(loop: StepLoop) -> None:
    reported: list[str] = []

    def mail(name: str) -> Steps[None]:
        reported.append(f"build {name}")
        yield TOGETHER
        reported.append(f"send {name}")

    for name in "abc":
        loop.start(mail(name))
    assert reported == ["build a", "build b", "build c"]
    assert len(loop) == 3
    loop.turn(0)
    assert reported[3:] == ["send a", "send b", "send c"]
    assert not loop


def test_what_waits_for_an_answer_later_is_served_as_ever(loop: StepLoop) -> None:
    ours, theirs = socket.socketpair()
    answers: list[bytes] = []

    def mail() -> Steps[None]:
        yield TOGETHER
        theirs.send(b"250")
        assert (yield Wait(ours.fileno(), READ, monotonic() + 60))
        answers.append(ours.recv(10))

    with ours, theirs:
        loop.start(mail())
        loop.turn(60)
        assert answers == [b"250"]


def test_failure_of_one_ends_only_itself(loop: StepLoop) -> None:
    reported: list[str] = []

    def broken() -> Steps[None]:
        yield TOGETHER
        raise ValueError("broken")

    def sound() -> Steps[None]:
        yield TOGETHER
        reported.append("sent")

    loop.start(broken())
    loop.start(sound())
    loop.turn(0)
    assert reported == ["sent"]
    assert not loop


def test_alone_nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def mail() -> Steps[str]:
        assert (yield TOGETHER)
        return "sent"

    monkeypatch.delattr(select, "poll")  # not even for a moment
    assert finish(mail()) == "sent"


def test_long_wait_alone_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    now, seen = [0.0], list[float]()

    class Poll:
        def register(self, fileno: int, events: int) -> None:
            assert (fileno, events) == (read, READ)

        def poll(self, milliseconds: int) -> list[tuple[int, int]]:
            now[0] += milliseconds / 1000
            return []

    def slow() -> Steps[bool]:
        return (yield Wait(read, READ, 300.0))

    monkeypatch.setattr("postroom.mailer.coroutines.select.poll", Poll)
    monkeypatch.setattr("postroom.mailer.coroutines.monotonic", lambda: now[0])
    assert finish(slow(), lambda: seen.append(now[0])) is False
    assert now[0] == 300
    assert max(b - a for a, b in pairwise(seen)) <= 1
    os.close(read)
    os.close(write)


def test_closing_drops_what_was_held() -> None:
    reported: list[str] = []

    def mail() -> Steps[None]:
        try:
            yield TOGETHER
            reported.append("sent")
        finally:
            reported.append("dropped")

    dropping = StepLoop()
    dropping.start(mail())
    dropping.close()
    assert reported == ["dropped"]
    assert not dropping
