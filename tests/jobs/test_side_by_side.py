"""One scheduler has at most JOBS_AT_ONCE jobs running; the others wait for their turn."""

from datetime import timedelta
from typing import Any

import pytest

from postroom.shared.process.stopping import StopSignals
from postroom.web.jobs.scheduling import claims
from postroom.web.jobs.scheduling.claims import Launch
from postroom.web.jobs.scheduling.scheduler import Scheduler

pytestmark = pytest.mark.django_db


class Running:
    """In place of processes: each runs until it is looked at twice."""

    def __init__(self) -> None:
        self.looks: list[int] = []
        self.started = self.most = self.failures = 0

    def __len__(self) -> int:
        return len(self.looks)

    def start(self, job: Launch) -> None:
        self.looks.append(0)
        self.started += 1
        self.most = max(self.most, len(self.looks))

    def watch(self) -> None:
        self.looks = [count + 1 for count in self.looks if count < 1]


@pytest.mark.parametrize("limit", [1, 2, 20])
def test_all_that_is_due_runs_and_no_more_than_the_limit_at_once(
    monkeypatch: pytest.MonkeyPatch, settings: Any, limit: int
) -> None:
    settings.JOBS_AT_ONCE = limit
    due = [
        Launch("job", run_id=number, arguments=(), deadline=timedelta(minutes=1), due=None,
               requested_by="")
        for number in range(5)
    ]  # fmt: skip
    monkeypatch.setattr(claims, "claim", lambda _now: [due.pop()] if due else [])
    scheduler, running = Scheduler(), Running()
    scheduler.children = running  # type: ignore[assignment]
    signals = StopSignals()
    scheduler.run_once(signals)
    signals.close()
    assert running.started == 5
    assert running.most == min(limit, 5)
    assert not running
