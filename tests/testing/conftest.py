"""The fixture as a site takes it, and the folder of its templates."""

from typing import Any

import pytest

from dev.keeper import ROOT
from postroom.testing import postroom_outbox

__all__ = ["postroom_outbox"]

TEMPLATES = ROOT / "tests/support/sqlite_site/templates"


@pytest.fixture(autouse=True)
def templates(settings: Any) -> None:
    settings.POSTROOM = {"EMAIL_TEMPLATE_DIRS": [str(TEMPLATES)]}
