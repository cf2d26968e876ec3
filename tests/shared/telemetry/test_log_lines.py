"""Many lines of a log leave together, each of them whole."""

import io
import json
import threading
from types import SimpleNamespace

import pytest
import structlog

from postroom.shared.telemetry import log_lines, logs
from postroom.shared.telemetry.log_lines import Lines, together


class Written(io.StringIO):
    """A log that remembers each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, text: str) -> int:
        self.calls.append(text)
        return super().write(text)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    log = Written()
    # Not `sys.stderr` itself, which pytest sets anew after the fixtures.
    monkeypatch.setattr(log_lines, "sys", SimpleNamespace(stderr=log))
    return log


def test_lines_are_written_at_the_end_of_the_block_and_in_order(written: Written) -> None:
    with together():
        Lines().msg("one")
        with together():  # who calls may do the same
            Lines().msg("two")
        assert not written.calls
    assert written.calls == ["one\ntwo\n"]
    Lines().msg("three")
    assert written.calls[1:] == ["three\n"]


def test_no_call_is_longer_than_a_pipe_takes_whole_unless_a_line_is(written: Written) -> None:
    lines = ["x" * size for size in (*range(100, 1600, 100), 5000, 4095, 1, 4094, 10)]
    with together():
        for line in lines:
            Lines().msg(line)
    assert written.getvalue().splitlines() == lines
    assert all(len(call) <= 4096 or call.count("\n") == 1 for call in written.calls)
    assert len(written.calls) < len(lines) / 2


def test_other_threads_do_not_wait(written: Written) -> None:
    with together():
        other = threading.Thread(target=Lines().msg, args=("at once",))
        other.start()
        other.join()
        assert written.calls == ["at once\n"]


def test_lines_before_an_exception_are_not_lost(written: Written) -> None:
    def fail() -> None:
        with together():
            Lines().msg("before")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    Lines().msg("after")
    assert written.getvalue() == "before\nafter\n"


@pytest.mark.fault(78)
def test_log_that_cannot_be_written_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(log_lines, "sys", SimpleNamespace(stderr=closed))
    with together():
        Lines().msg("one")
    Lines().msg("two")


def test_facts_of_a_block_stand_in_its_lines_and_the_lines_own_win(written: Written) -> None:
    configured = structlog.get_config()
    try:
        logs.configure(service="test")
        log = logs.logger("here")
        with logs.bind(job="warm", run=1), logs.bind(run=2):
            log.info("inside", job="own")
        log.info("outside")
    finally:
        structlog.configure(**configured)
    inside, outside = map(json.loads, written.getvalue().splitlines())
    assert (inside["job"], inside["run"], inside["service"]) == ("own", 2, "test")
    assert not {"job", "run"} & outside.keys()
