"""Every test begins with an empty cache: figures, counts and the title's trouble are kept there."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()
