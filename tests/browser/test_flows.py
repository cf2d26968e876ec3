"""An operator at a real browser decides: cancel, mark as arrived, bulk actions, pause."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from dev.mailbox import Mailbox
from postroom.web.emails.models import EmailQueue, Mailer
from postroom.web.emails.operating.deciding import bulk
from postroom.web.emails.relaying.relay import publish_once
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import ENVIRONMENT
from tests.support.queued_emails import make_email, send, status_of
from tests.support.waits import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/postroom/emailqueue/"


@pytest.mark.parametrize(
    ("status", "button", "then", "said"),
    [
        ("pending", "Cancel", "cancelled", "cancelled."),
        ("unknown", "Mark as arrived", "completed", "marked as arrived."),
        ("unknown", "Requeue", "pending", "requeued."),
        ("cancelled", "Requeue", "pending", "requeued."),
    ],
)
def test_operator_decides_about_one_email(
    page: Page, live_server: LiveServer, status: str, button: str, then: str, said: str
) -> None:
    email = make_email(status, subject="The one")
    page.goto(f"{live_server.url}{LIST}")
    page.get_by_role("link", name="The one").click()
    page.get_by_role("link", name=f"{button}…", exact=True).click()  # asks first
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text(f"E-mail #{email.pk} {said}")).to_be_visible()
    expect(page.get_by_text(then.capitalize(), exact=True).first).to_be_visible()
    expect(page.get_by_text("anna", exact=True).last).to_be_visible()  # among the decisions
    assert status_of(email) == then
    assert LogEntry.objects.get().user.username == "anna"


def test_button_of_an_old_page_changes_nothing_and_says_so(
    page: Page, live_server: LiveServer
) -> None:
    email = make_email("pending")
    page.goto(f"{live_server.url}{LIST}{email.pk}/cancel/ask/")
    EmailQueue.objects.update(status="cancelled")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_text("was not changed")).to_be_visible()
    assert status_of(email) == "cancelled"
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("status", "button", "confirm", "then"),
    [
        ("pending", "Cancel all…", "Cancel 3 e-mails", "cancelled"),
        ("unknown", "Mark all as arrived…", "Mark 3 e-mails as arrived", "completed"),
    ],
)
def test_operator_decides_about_everything_that_matches_a_search(
    page: Page, live_server: LiveServer, status: str, button: str, confirm: str, then: str
) -> None:
    mine = [make_email(status, [f"p{n}@mine.example"], subject="Mine") for n in range(3)]
    sent = make_email("completed", ["p9@mine.example"], subject="Mine")
    other = make_email(status, subject="Other")
    page.goto(f"{live_server.url}{LIST}?q=Mine")
    page.get_by_text("Bulk actions for all matching e-mails").click()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Completed", exact=True)).to_be_visible()
    page.get_by_role("link", name="Back, and change nothing").click()
    assert {status_of(email) for email in mine} == {status}
    page.go_back()
    page.get_by_role("button", name=confirm).click()
    expect(page.get_by_text("Done:")).to_be_visible()
    assert {status_of(email) for email in mine} == {then}
    assert (status_of(sent), status_of(other)) == ("completed", status)
    assert LogEntry.objects.count() == 3


def test_progress_is_seen_and_a_closed_page_goes_on_where_it_stopped(
    page: Page, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH", 2)
    for _ in range(6):
        make_email("failed")
    held: list[Route] = []
    # As a slow server: no batch but the first comes back.
    page.route("**/step/", lambda route: held.append(route))
    page.goto(f"{live_server.url}{LIST}?status__exact=failed")
    page.get_by_text("Bulk actions for all matching e-mails").click()
    page.get_by_role("button", name="Requeue all…").click()
    page.get_by_role("button", name="Requeue 6 e-mails").click()
    expect(page.get_by_text("2 of 6 processed")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "2")
    address = page.url
    page.goto(f"{live_server.url}/admin/")
    assert EmailQueue.objects.filter(status="pending").count() == 2
    page.unroute("**/step/")
    page.goto(address)
    expect(page.get_by_text("Done:")).to_be_visible()
    assert EmailQueue.objects.filter(status="pending").count() == 6


def test_operator_logs_in_through_the_form(page: Page, live_server: LiveServer) -> None:
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username").fill("anna")
    page.get_by_label("Password").fill("secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="E-mails").first).to_be_visible()


@pytest.fixture
def mailer(
    database_url: str, rabbitmq_url: str, mailbox: Mailbox, tmp_path: Path
) -> Iterator[Program]:
    """A real mailer on the browser's database; it ends before the database is emptied."""
    environment = (
        os.environ
        | ENVIRONMENT
        | {
            "DATABASE_URL": database_url,
            "RABBITMQ_URL": rabbitmq_url,
            "EMAIL_PORT": str(mailbox.port),
        }
    )
    log = tmp_path / "mailer.log"
    program = Program("mailer", ["-m", "postroom.mailer", "run"], environment, log)
    yield program
    program.end()


def test_mailer_obeys_the_console(
    mailer: Program, mailbox: Mailbox, page: Page, live_server: LiveServer, rabbitmq_url: str,
    settings: Any,
) -> None:  # fmt: skip
    settings.RABBITMQ_URL = rabbitmq_url
    wait_until(lambda: Mailer.objects.filter(state="running").exists())
    page.goto(f"{live_server.url}/postroom/")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="mailer "))
    expect(row).to_contain_text("running")

    page.get_by_role("link", name="Pause sending…").click()
    page.get_by_label("All mail").check()
    page.get_by_label("Reason").fill("wrong date in it")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="PAUSED: all mail.")).to_be_visible()
    email = send()
    publish_once(name="test")
    mailer.wait_for_log("paused")
    # The page has not been loaded again since: it refreshes itself.
    expect(row).to_contain_text("paused")
    assert status_of(email) == "pending"
    assert not mailbox.messages

    page.get_by_role("button", name="Resume all").click()
    wait_until(lambda: status_of(email) == "completed")
    assert len(mailbox.messages) == 1
    expect(page.get_by_text("1 in the last hour")).to_be_visible()
