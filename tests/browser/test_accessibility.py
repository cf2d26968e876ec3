"""axe-core finds nothing serious on any page, light and dark; every button works by key alone."""

from collections.abc import Callable
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.shared.status import Status
from postroom.web.emails.models import BulkAction, EmailQueue
from tests.support.browser.pages import pages
from tests.support.queued_emails import make_email, status_of

pytestmark = pytest.mark.django_db(transaction=True)

SERIOUS = {"serious", "critical"}


def test_axe_finds_nothing_serious_and_the_browser_refuses_nothing(
    page: Page, live_server: LiveServer
) -> None:
    axe, found = Axe(), []
    page.on(
        "console",
        lambda said: (
            found.append(f"{page.url}: {said.text}")
            # axe applies styles too; it has no address.
            if "Content Security Policy" in said.text and said.location["url"]
            else None
        ),
    )
    for name, path in pages().items():
        page.emulate_media(color_scheme="light")
        answer = page.goto(f"{live_server.url}{path}")
        assert answer is not None
        assert answer.status == (404 if name == "unsubscribe" else 200), name
        found += [f"{name}: {one}" for one in serious(axe, page)]
        page.emulate_media(color_scheme="dark")
        # Links change their colour slowly; what axe reads must be the last one.
        page.evaluate("document.getAnimations().forEach(one => one.finish())")
        found += [f"{name}, dark: {one}" for one in serious(axe, page, "color-contrast")]
    assert not found, "\n".join(found)


def serious(axe: Axe, page: Page, *rules: str) -> list[str]:
    """What is wrong, where, and why; by all of axe's rules unless some are named."""
    chosen: dict[str, Any] = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    # Django's own search box has a picture with a text as its label.
    chosen["rules"] = {"label-title-only": {"enabled": False}}
    answer = axe.run(page, options={"resultTypes": ["violations"]} | chosen).response
    return [
        f"{violation['id']} at {node['target']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in answer["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


def press(page: Page, name: str, role: Literal["button", "link"] = "button") -> None:
    """Reach the button by Tab from the top of the page, see that it shows, and press Enter."""
    button = page.get_by_role(role, name=name, exact=True).first
    expect(button).to_be_visible()
    page.wait_for_load_state()
    page.locator("body").evaluate("document.activeElement.blur()")
    for _ in range(150):
        page.keyboard.press("Tab")
        if button.evaluate("e => e === document.activeElement"):
            break
    else:
        raise AssertionError(f"Tab never reaches {name}")
    style = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).boxShadow]"
    outline, shadow = button.evaluate(style)
    assert outline != "none" or shadow != "none", f"{name} does not show that it has the focus"
    page.keyboard.press("Enter")


BUTTONS: dict[str, tuple[str, Callable[[EmailQueue], Any]]] = {
    "Requeue": ("failed", lambda email: status_of(email) == "pending"),
    "Cancel": ("pending", lambda email: status_of(email) == "cancelled"),
    "Mark as arrived": ("unknown", lambda email: status_of(email) == "completed"),
}


@pytest.mark.parametrize("name", BUTTONS)
def test_buttons_of_an_email_work_by_key(page: Page, live_server: LiveServer, name: str) -> None:
    status, done = BUTTONS[name]
    email = make_email(status)
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/{email.pk}/change/")
    if name != "Requeue":  # asks first
        press(page, f"{name}…", role="link")
    press(page, name)
    expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    assert done(email)


def test_bulk_and_test_mail_work_by_key(page: Page, live_server: LiveServer) -> None:
    failed = make_email("failed")
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/?status__exact={Status.FAILED.value}")
    page.get_by_text("Bulk actions for all matching e-mails").focus()
    page.keyboard.press("Enter")
    press(page, "Requeue all…")
    press(page, "Requeue 1 e-mail")
    expect(page.get_by_text("Done:")).to_be_visible()
    assert status_of(failed) == "pending"
    user = BulkAction.objects.get().user
    assert user is not None
    assert user.username == "anna"

    page.goto(f"{live_server.url}/admin/postroom/emailqueue/templates/?name=inquiry/received")
    press(page, "Send a test to anna@example.org")
    expect(page.get_by_text("Queued as #")).to_be_visible()


def test_filters_and_content_are_reached_by_key(page: Page, live_server: LiveServer) -> None:
    make_email("failed")
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Bulk actions for all matching e-mails")).to_be_focused()
    press(page, "Failed", role="link")
    expect(page).to_have_url(f"{live_server.url}/admin/postroom/emailqueue/?status__exact=failed")


def test_tab_of_an_email_leads_to_its_content(page: Page, live_server: LiveServer) -> None:
    email = make_email("failed", html_body="<p>Hello</p>", plain_body="Hello\n" * 200)
    page.goto(f"{live_server.url}/admin/postroom/emailqueue/{email.pk}/change/")
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.get_by_role("heading", name="Text body, as it is sent")).to_be_in_viewport()
