"""The installed Chromium, without a window and without talking to anybody but the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from dev.install import ensure_chromium
from tests.support.waits import PATIENCE

_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

expect.set_options(timeout=PATIENCE * 1000)  # milliseconds


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser as long as the block runs.

    Playwright's loop then runs on this thread, which Django takes for asynchronous code: set
    DJANGO_ALLOW_ASYNC_UNSAFE meanwhile.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=_ARGUMENTS)
        yield browser
        browser.close()


def new_page(browser: Browser, **options: Any) -> Page:
    """A page in a context of its own, made with `options`, as patient as every other wait."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()
