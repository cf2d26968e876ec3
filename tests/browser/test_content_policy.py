"""Pages work under their Content-Security-Policy: the browser refuses nothing that they need."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.support.browser.pages import pages

pytestmark = pytest.mark.django_db(transaction=True)


def test_browser_refuses_nothing(page: Page, live_server: LiveServer) -> None:
    refused: list[str] = []
    page.on(
        "console",
        lambda said: (
            refused.append(f"{page.url}: {said.text}")
            if "Content Security Policy" in said.text
            else None
        ),
    )
    found = pages()
    shown = ("dashboard", "list", "failed e-mail", "templates", "job", "board", "speaker")
    for path in [*(found[name] for name in shown), "/admin/login/", "/reports/unsubscribe/x/"]:
        page.goto(f"{live_server.url}{path}")
        page.wait_for_load_state("networkidle")
    assert refused == []


def test_page_of_the_api_is_drawn(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/docs/")
    expect(page.get_by_text("/api/inquiries/").first).to_be_visible()
