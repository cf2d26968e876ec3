"""The form pages in a real browser with JavaScript switched off, wide and as narrow as a phone."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from postroom.web.emails.models import EmailAttachment, EmailQueue
from postroom.web.systems.submissions.kinds import KINDS
from postroom.web.systems.submissions.models import Inquiry, SpeakerSubmission
from tests.support.browser.chromium import chromium, new_page

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 1000
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with chromium() as browser:
        yield browser
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(browser: Browser, live_server: Any, settings: Any) -> Iterator[Open]:
    settings.STAFF_EMAILS = ["office@example.org"]
    contexts = []

    def visit(path: str, width: int = 1280, scheme: Any = "light") -> Page:
        page = new_page(
            browser,
            java_script_enabled=False,
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
        )
        contexts.append(page.context)
        page.goto(f"{live_server.url}{path}")
        return page

    yield visit
    for context in contexts:
        context.close()


def field_of(page: Page, label: str) -> Any:
    """The field's block: label, help, message, input."""
    return page.locator(".field").filter(has=page.get_by_label(label, exact=True))


def test_wrong_form_is_explained_beside_the_fields_then_sent(visit: Open) -> None:
    page = visit("/")
    page.get_by_role("link", name="Ask a question").click()
    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("Your e-mail address").fill("ann@nowhere")
    page.get_by_role("button", name="Send question").click()

    expect(page.get_by_role("alert")).to_contain_text("This form was not sent")
    expect(field_of(page, "Your e-mail address")).to_contain_text("such as ann@example.org")
    expect(field_of(page, "Topic")).to_contain_text("Please choose one.")
    expect(field_of(page, "Your message")).to_contain_text("Please fill this in.")
    expect(field_of(page, "Your name")).not_to_contain_text("Please")
    expect(page.get_by_label("Your name")).to_have_value("Ann Lee")
    assert not Inquiry.objects.exists()

    # The summary leads to the field, by a link and without a script.
    page.get_by_role("link", name="Your e-mail address").click()
    expect(page).to_have_url(re.compile("#id_email$"))
    page.get_by_label("Your e-mail address").fill("ann@example.org")
    page.get_by_label("Topic").select_option("Membership")
    page.get_by_label("Your message").fill("Hello,\nis the fee lower?")
    page.get_by_role("button", name="Send question").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    record = Inquiry.objects.get()
    expect(page.get_by_text(record.reference)).to_be_visible()
    assert record.message == "Hello,\nis the fee lower?"
    assert EmailQueue.objects.count() == 2

    page.reload()
    assert Inquiry.objects.count() == 1


def test_talk_is_sent_with_its_file_from_a_phone(visit: Open, tmp_path: Path) -> None:
    file = tmp_path / "Meine Folien, März.pdf"
    file.write_bytes(PDF)
    page = visit("/speaker/", width=360)
    page.get_by_label("Paper or slides").set_input_files(file)
    page.get_by_role("button", name="Submit proposal").click()
    expect(field_of(page, "Paper or slides")).to_contain_text("choose the file again")

    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("Your e-mail address").fill("ann@example.org")
    page.get_by_label("Title of the talk").fill("Letters that arrive")
    page.get_by_label("Abstract").fill("Long ago.")
    page.get_by_label("About you").fill("Sorts letters.")
    page.get_by_label("Paper or slides").set_input_files(file)
    page.get_by_role("button", name="Submit proposal").click()

    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert bytes(SpeakerSubmission.objects.get().file_content) == PDF
    attachment = EmailAttachment.objects.get()
    assert attachment.name == file.name
    assert bytes(attachment.blob.content) == PDF


def test_too_many_are_told_when_to_come_back(visit: Open, settings: Any) -> None:
    settings.SUBMISSIONS_PER_ADDRESS_HOUR = 1
    for reason in ("Good work.", "Really good work."):
        page = visit("/nomination/")
        page.get_by_label("Your name").fill("Ann Lee")
        page.get_by_label("Your e-mail address").fill("ann@example.org")
        page.get_by_label("Who do you nominate?").fill("Bo")
        page.get_by_label("Award").select_option("Innovation")
        page.get_by_label("Why do they deserve it?").fill(reason)
        page.get_by_role("button", name="Send nomination").click()
    expect(page.get_by_role("alert")).to_contain_text("60 minutes")
    expect(page.get_by_label("Why do they deserve it?")).to_have_value("Really good work.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/thank-you/", *(f"/{k.page}/" for k in KINDS)])
def test_phone_needs_no_sideways_scrolling_and_text_stands_out(
    visit: Open, path: str, scheme: str
) -> None:
    page = visit(path, width=360, scheme=scheme)
    button = page.locator("button")
    if button.count():
        button.click()  # once more with every message shown
        expect(page.get_by_role("alert")).to_be_visible()
        page.wait_for_load_state()
    measure = page.evaluate(MEASURE)
    assert measure["width"] <= 360
    assert measure["faint"] == []
    assert measure["small"] == []


def test_keyboard_passes_all_fields_but_not_the_robots_one(visit: Open) -> None:
    page = visit("/inquiry/")
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.name || document.activeElement.textContent")
        )
    assert reached == ["Postroom", "name", "email", "topic", "message", "Send question"]
    expect(page.get_by_label("Leave this field empty")).not_to_be_in_viewport()


# WCAG 2.2: contrast of text at least 4.5 (1.4.3), controls at least 24 pixels high (2.5.8).
MEASURE = """() => {
  const rgb = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => rgb(c).slice(0, 3).map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const back = e => {
    for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      if ((rgb(c)[3] ?? 1) > 0) return c;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
    .map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(back(e))].sort((x, y) => y - x);
      return [e.tagName, e.className, Math.round((a + .05) / (b + .05) * 10) / 10];
    })
    .filter(([, , contrast]) => contrast < 4.5);
  const small = [...document.querySelectorAll('.field input, select, textarea, button')]
    .filter(e => e.getBoundingClientRect().height < 24).map(e => e.name);
  return {width: document.documentElement.scrollWidth, faint, small};
}"""
