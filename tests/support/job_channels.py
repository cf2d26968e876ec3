"""A channel that keeps what jobs announce."""

import pytest

from postroom.web.jobs import channels
from postroom.web.jobs.channels import Outcome


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """The outcomes so far. In a test's transaction nothing would be announced otherwise."""
    found: list[Outcome] = []
    monkeypatch.setattr(channels, "_channels", [found.append])
    monkeypatch.setattr(channels, "_is_recorded", lambda: True)
    return found
