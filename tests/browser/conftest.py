"""A real browser where an operator has logged in."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.support.browser.chromium import chromium, new_page


@pytest.fixture
def page(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[Page]:
    """A browser where a superuser has logged in through the form."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # The slow hash of real passwords would take seconds of each test.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_superuser("anna", "anna@example.org", "secret")
    with chromium() as browser:
        page = new_page(browser, viewport={"width": 1400, "height": 900})
        page.goto(f"{live_server.url}/admin/")
        page.get_by_label("Username").fill("anna")
        page.get_by_label("Password").fill("secret")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="E-mails").first).to_be_visible()
        yield page
        # In Playwright's context Django opened a connection that nobody else closes.
        connections.close_all()
