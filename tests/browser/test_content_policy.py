"""A page whose script and style come with a library works under its Content-Security-Policy; axe's
test looks at what the browser refuses on all others."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_page_of_the_api_is_drawn(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/api/docs/")
    expect(page.get_by_text("/api/inquiries/").first).to_be_visible()
