"""The board in a real browser, with JavaScript switched off; and the API's page, which needs it."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import EmailQueue
from postroom.web.systems.tracker.models import Epic
from tests.support.browser.chromium import chromium, new_page
from tests.support.systems.tracker_records import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def browser(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Ends before the server does."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with chromium() as browser:
        yield browser
        # While the loop runs, Django uses another connection than the one that fixtures clean up.
        connections.close_all()


@pytest.fixture
def ann() -> User:
    call_command("load_tracker_demo", verbosity=0)
    ann = person("ann")
    ann.set_password("secret")
    ann.save()
    epic = Epic.objects.get(pk=1)
    epic.members.add(ann)
    return ann


def sign_in(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/board/")
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#epic-1")).to_be_visible()


@pytest.mark.parametrize("width", [1400, 390], ids=["desk", "telephone"])
@pytest.mark.usefixtures("ann")
def test_person_moves_an_epic_without_javascript(
    browser: Browser, live_server: LiveServer, width: int
) -> None:
    page = new_page(browser, java_script_enabled=False, viewport={"width": width, "height": 844})
    sign_in(page, live_server)

    epic = page.locator("#epic-1")
    expect(page.get_by_role("region", name="In progress").locator("#epic-1")).to_be_visible()
    # Only what ann may change has a button: the epic, its stories and their tasks.
    expect(page.get_by_role("button", name="Move")).to_have_count(7)
    epic.get_by_label("Status of").select_option(label="Done")
    epic.get_by_role("button", name="Move").click()

    expect(page.get_by_role("status")).to_contain_text("Done")
    expect(page.get_by_role("region", name="Done").locator("#epic-1")).to_be_visible()
    assert Epic.objects.get(pk=1).status == "done"
    assert {e.context["changed_by"] for e in EmailQueue.objects.all()} == {"Ann"}
    assert EmailQueue.objects.count() == 2

    page.locator("#epic-1").get_by_role("link").click()
    expect(page.get_by_role("heading", name="Members sign in without passwords")).to_be_visible()


@pytest.mark.usefixtures("ann")
def test_after_a_move_a_telephone_shows_the_card_under_its_columns_name(
    browser: Browser, live_server: LiveServer
) -> None:
    page = new_page(browser, viewport={"width": 390, "height": 600})
    sign_in(page, live_server)
    page.locator("#epic-1").get_by_label("Status of").select_option(label="In review")
    page.locator("#epic-1").get_by_role("button", name="Move").click()
    expect(page.get_by_role("region", name="In review").locator("#epic-1")).to_be_in_viewport()
    expect(page.get_by_role("heading", name="In review")).to_be_in_viewport()


@pytest.mark.usefixtures("ann")
def test_board_fits_a_telephone_without_scrolling_sideways(
    browser: Browser, live_server: LiveServer
) -> None:
    Epic.objects.update(title="x" * 200)
    page = new_page(browser, viewport={"width": 390, "height": 844})
    sign_in(page, live_server)
    for path in ("/board/", "/board/epic/1/"):
        page.goto(f"{live_server.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_page_of_the_api_loads_nothing_from_elsewhere(
    browser: Browser, live_server: LiveServer
) -> None:
    page = new_page(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/api/docs/")
    expect(page.get_by_text("/api/user-stories/").first).to_be_visible()
    hosts = {urlsplit(url).netloc for url in asked if not url.startswith("data:")}
    assert hosts == {urlsplit(live_server.url).netloc}
