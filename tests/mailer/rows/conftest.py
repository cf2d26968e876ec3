"""Mailers' views of the rows, for the tests of claims and records."""

from collections.abc import Iterator

import pytest

from postroom.mailer.rows.store import Store
from tests.support.claims import store_of


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A mailer's view of the rows."""
    store = store_of(database_url, "mailer-1")
    yield store
    store.close()


@pytest.fixture
def other(database_url: str) -> Iterator[Store]:
    """Another mailer's."""
    store = store_of(database_url, "mailer-2")
    yield store
    store.close()
