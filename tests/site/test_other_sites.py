"""Sites that take Postroom in with some of its parts: each starts, and nothing of it is touched."""

import json
from collections.abc import Iterator

import pytest

from tests.support.other_sites.run import PARTS, empty_database, start, visit

# Left out together: what needs one of them goes with it.
LEFT_OUT = {
    "jobs": ("jobs", "reporting"),
    "protection": ("protection", "api", "notifications", "reporting"),
    "api": ("api",),
    "the others": ("notifications", "importing", "console", "reporting"),
}


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


@pytest.mark.parametrize("names", LEFT_OUT.values(), ids=LEFT_OUT)
def test_each_part_can_be_left_out(names: tuple[str, ...], database: str) -> None:
    parts = [part for part in PARTS if part.rpartition(".")[2] not in names]
    found = visit(database, *parts)
    assert set(found["statuses"].values()) == {200}, found["statuses"]
    assert ("postroom_job_runs" in found["pages"]["/figures"]) == ("postroom.web.jobs" in parts)


def test_a_site_keeps_its_users_without_user_names_and_its_admin_site() -> None:
    with empty_database() as url:
        found = visit(url, *PARTS, USER="people.Person", ADMIN="own")
    assert set(found["statuses"].values()) == {200}, found["statuses"]
    assert "The back office" in found["pages"]["/office/"]
    assert "The back office" in found["pages"]["/office/postroom/emailqueue/"]
    # A superuser whom the rule of the site's own admin refuses.
    outside = found["outsider"]
    assert {code for path, code in outside.items() if path.startswith("/office/")} == {302}
    assert (outside["/post/"], outside["/post/flow/"]) == (302, 403)


def test_the_admin_is_unfold_where_the_site_has_it(database: str) -> None:
    found = visit(database, *PARTS, ADMIN="unfold")
    assert set(found["statuses"].values()) == {200}, found["statuses"]
    assert found["unfold"]
    assert "What the house" not in found["pages"]["/office/"]
    assert "Mail is going out" not in found["pages"]["/office/"]  # the console has its own page


def test_a_part_that_another_needs_is_named_at_the_start() -> None:
    done = start("postroom.web.protection", "postroom.web.reporting", module="django check")
    assert done.returncode == 1
    assert (
        "postroom.web.reporting needs postroom.web.jobs: add 'postroom.web.jobs' to INSTALLED_APPS"
    ) in done.stderr


def test_console_opens_on_a_site_without_the_admin(database: str) -> None:
    module = "tests.support.other_sites.no_admin"
    done = start("postroom.web.console", module=module, DATABASE_URL=database)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["stranger"] == "/sign-in/?next=/post/"
    assert found["refused"] == 302  # not staff
    assert set(found["pages"].values()) == {200}, found["pages"]
