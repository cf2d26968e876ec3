"""Messages of another installation on the same virtual host."""

from collections.abc import Sequence
from typing import Any

import pytest

from postroom.mailer.broker import foreign, installation, redelivered
from postroom.mailer.broker.foreign import Foreign
from postroom.mailer.broker.inbox import Delivery, Inbox
from postroom.mailer.broker.installation import Installation
from postroom.shared.status import Priority

OURS, THEIRS = "0" * 16, "f" * 16


class Source:
    """Notes what goes back."""

    def __init__(self) -> None:
        self.returned: list[int] = []

    def settle(self, tags: Sequence[int], *, acknowledge: bool) -> None:
        raise AssertionError(f"neither acknowledged nor rejected: {tags}")

    def give_back(self, tags: Sequence[int]) -> None:
        self.returned += tags


class Store:
    """Knows whose database it is; touches no row."""

    def __init__(self, identity: str = OURS) -> None:
        self.identity = identity
        self.looks = 0

    def installation(self) -> str:
        self.looks += 1
        return self.identity

    def publish_again(self, ids: Sequence[int]) -> dict[int, bool]:
        raise AssertionError(f"rows of ours with their ids: {ids}")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    for module in (foreign, installation):
        monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    return clock


def delivery(tag: int, whose: str, source: Source, returned: int = 0) -> Delivery:
    return Delivery(tag, Priority.NORMAL, source, tag, installation=whose, returned=returned)


def kept_out(store: Any) -> Foreign:
    known = Installation()
    known.look(store)
    return Foreign(known)


def test_theirs_go_back_after_a_pause_that_grows(now: list[float]) -> None:
    source, store = Source(), Store()
    one = kept_out(store)
    ours, unnamed = delivery(1, OURS, source), delivery(2, "", source)
    theirs, again = delivery(3, THEIRS, source), delivery(4, THEIRS, source, returned=4)
    assert one.keep_out([ours, theirs, unnamed, again], store) == [ours, unnamed]  # type: ignore[arg-type]
    one.give_back()
    assert source.returned == []
    now[0] += 0.1
    one.give_back()
    assert source.returned == [3]
    now[0] += 2
    one.give_back()
    assert source.returned == [3, 4]
    assert one.count == 2


def test_it_is_said_aloud_for_a_while(now: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    source, store = Source(), Store()
    one = kept_out(store)
    assert one.trouble == ""
    for tag in range(50):
        one.keep_out([delivery(tag, THEIRS, source)], store)  # type: ignore[arg-type]
    assert "virtual host of its own" in one.trouble
    assert "".join(capsys.readouterr()).count("messages_of_another_installation") == 1
    now[0] += 3600
    assert one.trouble == ""


@pytest.mark.usefixtures("now")
def test_database_that_became_another_is_asked_before_anything_is_called_foreign() -> None:
    source, store = Source(), Store(OURS)
    one = kept_out(store)
    store.identity = THEIRS
    mail = [delivery(1, THEIRS, source)]
    assert one.keep_out(mail, store) == mail  # type: ignore[arg-type]
    assert store.looks == 2


@pytest.mark.usefixtures("now")
def test_nothing_is_foreign_until_it_is_known_who_we_are() -> None:
    source, store = Source(), Store("")
    one = kept_out(store)
    mail = [delivery(1, THEIRS, source)]
    assert one.keep_out(mail, store) == mail  # type: ignore[arg-type]


@pytest.mark.usefixtures("now")
def test_theirs_that_came_often_touch_no_row_of_ours() -> None:
    source, store, inbox = Source(), Store(), Inbox()
    inbox.put_redelivered(delivery(1, THEIRS, source, returned=15))
    assert redelivered.publish_again(inbox, store, kept_out(store)) == 0  # type: ignore[arg-type]
    assert inbox.redelivered() == []
