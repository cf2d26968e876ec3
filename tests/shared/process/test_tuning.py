"""Where a system forbids to give way to others, a mailer and a relay work all the same."""

import gc
import os

import pytest

from postroom.shared.process import tuning


def test_where_it_is_forbidden_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "sched_setscheduler", refuse, raising=False)
    for call in ("collect", "freeze"):
        monkeypatch.setattr(gc, call, lambda: None)
    thresholds: list[object] = []
    monkeypatch.setattr(gc, "set_threshold", lambda *wanted: thresholds.append(wanted))
    tuning.work_in_batches()
    assert thresholds, "it did not go on"
