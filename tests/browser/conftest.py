"""A real browser where an operator has logged in."""

import os
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.support.browser.chromium import chromium, new_page


@pytest.fixture
def page(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A browser where a superuser is logged in; `test_flows` logs in through the form."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    client = Client()
    client.force_login(User.objects.create_superuser("anna", "anna@example.org", "secret"))
    session = client.cookies["sessionid"].value
    with chromium() as browser:
        page = new_page(browser, viewport={"width": 1400, "height": 900})
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        yield page
        # In Playwright's context Django opened a connection that nobody else closes.
        connections.close_all()
