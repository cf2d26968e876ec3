"""Every page of the console: axe, narrow screens, weight, hostile content, its policy."""

import gzip

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from postroom.web.emails.models import Mailer, QueueControl, Suppression
from tests.browser.test_hostile import hostile_email
from tests.support.browser.console_pages import pages
from tests.support.browser.pages import HOSTILE, MARKUP
from tests.support.queued_emails import make_attempt, make_email

pytestmark = pytest.mark.django_db(transaction=True)
MOST_BYTES, MOST_FILES = 60_000, 10


REFUSED = {"no such e-mail": "emails/999999/", "nonsense": "emails/?status=x"}


def wrong(axe: Axe, page: Page, *rules: str) -> list[str]:
    """Everything axe finds, of any impact; by all of its rules unless some are named."""
    chosen = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    answer = axe.run(page, options={"resultTypes": ["violations"]} | chosen).response
    return [
        f"{violation['id']} at {node['target']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in answer["violations"]
        for node in violation["nodes"]
    ]


def test_axe_finds_nothing_in_light_and_dark(page: Page, live_server: LiveServer) -> None:
    axe, found = Axe(), []
    for name, path in {**pages(), **REFUSED}.items():
        page.emulate_media(color_scheme="light")
        page.goto(f"{live_server.url}/postroom/{path}")
        found += [f"{name}: {one}" for one in wrong(axe, page)]
        page.emulate_media(color_scheme="dark")
        found += [f"{name}, dark: {one}" for one in wrong(axe, page, "color-contrast")]
    page.keyboard.press("?")
    found += [f"keys: {one}" for one in wrong(axe, page)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [320, 1400])
def test_nothing_scrolls_sideways(page: Page, live_server: LiveServer, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name, path in {**pages(), **REFUSED}.items():
        page.goto(f"{live_server.url}/postroom/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_email_is_at_most_three_lines_on_a_phone(page: Page, live_server: LiveServer) -> None:
    pages()
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{live_server.url}/postroom/emails/")
    for row in page.locator(".email-row:has([data-row])").all():
        box = row.bounding_box()
        assert box is not None
        assert box["height"] < 95, row.inner_text()


def test_page_is_light_and_of_few_files(page: Page, live_server: LiveServer) -> None:
    """As it is transferred: pages are compressed by us, static files by WhiteNoise or a proxy."""
    paths = pages()
    for _ in range(50):
        make_attempt(make_email("failed"), smtp_code=550, smtp_reply="5.1.1 no such user here")
    page.goto(f"{live_server.url}/postroom/")  # the browser has reported its zone then
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    for name, path in paths.items():
        page.goto("about:blank")
        answers.clear()
        # The preview is as large as the e-mail: another tab.
        page.goto(f"{live_server.url}/postroom/{path}{'?tab=text' if name == 'e-mail' else ''}")
        size = sum(weight(answer) for answer in answers)
        print(f"{name}: {size} bytes in {len(answers)} files")
        assert len(answers) <= MOST_FILES, name
        assert size <= MOST_BYTES, name


def weight(answer: Response) -> int:
    if "/static/" in answer.url:
        return len(gzip.compress(answer.body()))
    assert answer.header_value("content-encoding") == "gzip", answer.url
    return answer.request.sizes()["responseBodySize"]


def test_browser_refuses_nothing_and_no_script_fails(page: Page, live_server: LiveServer) -> None:
    said: list[str] = []
    page.goto(f"{live_server.url}/postroom/")  # away from pages of others
    page.on("console", lambda line: said.append(f"{page.url}: {line.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    for path in pages().values():
        page.goto(f"{live_server.url}/postroom/{path}")
    assert said == []


def test_markup_in_any_column_is_only_text(page: Page, live_server: LiveServer) -> None:
    cache.clear()
    email = hostile_email()
    Mailer.objects.create(name=MARKUP, version="0.1", state="running")
    QueueControl.objects.create(lane="bulk", reason=MARKUP, paused_by=MARKUP)
    Suppression.objects.create(address=MARKUP.lower(), reason=MARKUP)
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    one = f"emails/{email.pk}/"
    for path in (
        "", "flow/", "emails/", "emails/?q=%3Cscript%3E", "emails/?type=%3Cimg+src%3Dx%3E", one,
        f"{one}?tab=text", f"{one}?tab=source", f"{one}?tab=data", f"{one}requeue/",
    ):  # fmt: skip
        page.goto(f"{live_server.url}/postroom/{path}")
        assert page.title() != "owned", path
        assert page.locator("img").count() == 0, path
    assert [url for url in asked if url.endswith("/x")] == []


def test_hostile_email_runs_nothing_and_loads_nothing(page: Page, live_server: LiveServer) -> None:
    server = live_server.url
    elsewhere = server.replace("localhost", "127.0.0.1")  # answers, and is another origin
    email = make_email("failed", html_body=HOSTILE.format(server=server, elsewhere=elsewhere))
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    base = f"{server}/postroom/emails/{email.pk}/"
    page.goto(f"{base}content/")  # opened by itself it leads to its page, where the frame is
    assert page.url == base
    inside = page.frame_locator(".preview")
    for place in ("#link", "#go", "#same", "#here"):
        inside.locator(place).click()
        expect(inside.locator("#said")).to_be_visible()
    assert "RAN" not in inside.locator("body").inner_text()
    assert page.url == base
    assert page.title() != "owned"
    expected = (f"{server}/postroom/", f"{server}/static/")
    assert [url for url in asked if not url.startswith(expected)] == []
    assert [url for url in asked if "?" in url] == []
