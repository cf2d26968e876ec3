"""From the link in a report's mail: the page at a real browser, with and without JavaScript."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import Suppression
from postroom.web.reporting.models import ReportScheduleRecipient
from tests.browser.test_submission_pages import MEASURE, browser
from tests.support.browser.chromium import new_page
from tests.support.job_runs import queued
from tests.support.reporting.records import make_schedule, make_school, run_reports, subscribe
from tests.support.shipped_templates import shipped_renderer

__all__ = ["browser"]
pytestmark = pytest.mark.django_db(transaction=True)
Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, live_server: LiveServer, settings: Any) -> Iterator[Open]:
    """Opens the mail of a report that ann got."""
    settings.SITE_URL = live_server.url
    make_school()
    subscribe(make_schedule(name="Attendance & <b>marks</b>"), "ann")
    run_reports()
    (email,) = queued()
    html = shipped_renderer().render(email.template_path, email.context).html
    contexts = []

    def opened(width: int = 390, scheme: Any = "light", scripts: bool = False) -> Page:
        page = new_page(
            browser,
            java_script_enabled=scripts,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
        )
        contexts.append(page.context)
        page.set_content(html)
        return page

    yield opened
    for context in contexts:
        context.close()


def subscribed() -> bool:
    return ReportScheduleRecipient.objects.get().is_subscribed


@pytest.mark.parametrize("scripts", [False, True])
def test_reader_leaves_by_the_link_of_the_mail_and_comes_back(opened: Open, scripts: bool) -> None:
    page = opened(scripts=scripts)
    page.get_by_role("link", name="Unsubscribe from this report").click()
    expect(page.get_by_role("heading", name="Unsubscribe from this report?")).to_be_visible()
    expect(page.get_by_text("Attendance & <b>marks</b>")).to_be_visible()
    assert subscribed()

    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert not subscribed()
    assert Suppression.objects.get().address == "ann@example.org"

    page.get_by_role("button", name="Subscribe again").click()
    expect(page.get_by_role("heading", name="You are subscribed again")).to_be_visible()
    assert subscribed()
    assert not Suppression.objects.exists()
    assert page.context.cookies() == []


def test_keyboard_alone_is_enough(opened: Open) -> None:
    page = opened()
    page.get_by_role("link", name="Unsubscribe from this report").press("Enter")
    expect(page.get_by_role("button", name="Unsubscribe")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_mail_and_page_fit_and_stand_out(opened: Open, width: int, scheme: str) -> None:
    page = opened(width, scheme, scripts=True)
    readable(page, width)
    page.get_by_role("link", name="Unsubscribe from this report").click()
    for heading, button in (
        ("Unsubscribe from this report?", "Unsubscribe"),
        ("You are unsubscribed", "Subscribe again"),
    ):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        readable(page, width)
        page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name="You are subscribed again")).to_be_visible()
    readable(page, width)
    page.goto(page.url[:-9])  # cut off, as some mail programs do
    expect(page.get_by_role("heading", name="This link is not valid")).to_be_visible()
    readable(page, width)


def readable(page: Page, width: int) -> None:
    page.wait_for_load_state()  # a page half there is not what a reader looks at
    measure = page.evaluate(MEASURE)
    assert measure["width"] <= width
    # The preheader is for the list of mails alone.
    assert [one for one in measure["faint"] if one[1] != "preheader"] == []
    assert measure["small"] == []
