"""Sites that take Postroom in with some of its parts: each starts, and nothing of it is touched."""

from collections.abc import Iterator

import pytest

from tests.support.other_sites.run import PARTS, empty_database, visit

NEEDED_BY = {
    "postroom.web.protection": {
        "postroom.web.api", "postroom.web.notifications", "postroom.web.reporting",
    },
    "postroom.web.jobs": {"postroom.web.reporting"},
    "postroom.web.api": {"postroom.web.reporting"},
}  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """One for all sites: tables of parts that a site leaves out lie unused in it."""
    with empty_database() as url:
        yield url


def test_the_queue_alone_is_enough(database: str) -> None:
    found = visit(database)
    assert set(found["statuses"].values()) == {200}, found["statuses"]
    assert "postroom_queue_attention" in found["pages"]["/figures"]
    assert "postroom_job" not in found["pages"]["/figures"]
    assert not found["unfold"]
    strangers = found["stranger"]
    assert {code for path, code in strangers.items() if path.startswith("/office/")} == {302}


@pytest.mark.parametrize("left_out", PARTS)
def test_each_part_can_be_left_out(left_out: str, database: str) -> None:
    parts = [p for p in PARTS if p != left_out and p not in NEEDED_BY.get(left_out, ())]
    found = visit(database, *parts)
    assert set(found["statuses"].values()) == {200}, found["statuses"]
    assert ("postroom_job_runs" in found["pages"]["/figures"]) == ("postroom.web.jobs" in parts)
