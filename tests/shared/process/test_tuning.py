"""Where a system forbids to give way to others, a mailer and a relay work all the same."""

from postroom.shared.process import tuning


def test_where_it_is_forbidden_nothing_happens(monkeypatch):
    def refuse(*_arguments):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(tuning.os, "sched_setscheduler", refuse, raising=False)
    for call in ("collect", "freeze"):
        monkeypatch.setattr(tuning.gc, call, lambda: None)
    thresholds = []
    monkeypatch.setattr(tuning.gc, "set_threshold", lambda *wanted: thresholds.append(wanted))
    tuning.work_in_batches()
    assert thresholds, "it did not go on"
