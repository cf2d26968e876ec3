"""An operator at a real browser: sees a failed e-mail, requeues it, and it waits again."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from postroom.shared.status import Status
from tests.support.queued_emails import make_attempt, make_email, status_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_operator_requeues_a_failed_email(page: Page, live_server: LiveServer) -> None:
    for status in Status:
        make_email(status.value, subject=f"Subject of {status.value}")
    failed = make_email("failed", subject="The one that failed")
    make_attempt(failed, smtp_code=550, smtp_reply="no such user")

    page.goto(f"{live_server.url}/admin/postroom/emailqueue/")
    rows = page.locator("#result_list")
    for status in Status:
        expect(rows.get_by_text(status.value.capitalize(), exact=True).first).to_be_visible()

    page.get_by_role("link", name="The one that failed").click()
    expect(page.get_by_role("alert")).to_contain_text("550 5.1.1 No such user")
    expect(page.get_by_text("550 no such user")).to_be_visible()
    page.get_by_role("button", name="Requeue").click()

    expect(page.get_by_text(f"E-mail #{failed.pk} requeued.")).to_be_visible()
    expect(page.get_by_text("Pending", exact=True).first).to_be_visible()
    expect(page.get_by_role("button", name="Requeue")).to_have_count(0)
    expect(page.get_by_role("link", name="Cancel…")).to_be_visible()
    assert status_of(failed) == "pending"
    assert LogEntry.objects.get().user.username == "anna"


def test_operator_requeues_a_selection(page: Page, live_server: LiveServer) -> None:
    failed, completed = make_email("failed"), make_email("completed")

    page.goto(f"{live_server.url}/admin/postroom/emailqueue/")
    for email in (failed, completed):
        page.locator(f'input.action-select[value="{email.pk}"]').check()
    page.locator("select[name=action]").select_option(label="Requeue selected failed e-mails")
    # Django 5.2 and 6.1 name it differently.
    page.get_by_role("button", name=re.compile("^(Go|Run)$")).click()

    expect(page.get_by_text("1 requeued. 1 skipped")).to_be_visible()
    assert (status_of(failed), status_of(completed)) == ("pending", "completed")


def test_page_fits_a_telephone_without_scrolling_sideways(
    page: Page, live_server: LiveServer
) -> None:
    email = make_email(
        "failed", [f"{'long' * 12}@example.org"], subject="x" * 300, last_error="y" * 300
    )
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", f"{email.pk}/change/"):
        page.goto(f"{live_server.url}/admin/postroom/emailqueue/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
