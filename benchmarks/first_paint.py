"""Times what a person sees: first byte and first contentful paint of the console in Chromium.

`python -m benchmarks.admin_list --paint` calls this with its million e-mails in the database. The
site runs in a thread of this process, with whom it shares one processor; the browser has a warm
cache of style and script, as an operator's has.
"""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

TIMES: Final = 5
LIMIT_MS: Final = 500
PAGES: Final = {
    "home": "/postroom/",
    "e-mails": "/postroom/emails/",
    "failed": "/postroom/emails/?status=failed",
    "whole address": "/postroom/emails/?q=person.31@d31.example",
    "word nowhere": "/postroom/emails/?q=nowhere",
    "processes": "/postroom/processes/",
    "suppression": "/postroom/suppression/",
    "templates": "/postroom/templates/?name=inquiry/received",
}
_MOMENTS: Final = """() => new Promise(found => new PerformanceObserver(list => {
  for (const paint of list.getEntriesByName('first-contentful-paint'))
    found([performance.getEntriesByType('navigation')[0].responseStart, paint.startTime]);
}).observe({type: 'paint', buffered: true}))"""


def measure(cookie: str) -> int:
    """Print one line per page; returns how many medians are above the limit.

    Args:
        cookie: value of the session cookie of a user who may see all.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs on this thread
    from tests.support.browser.chromium import chromium, new_page

    slow = 0
    print(f"{'milliseconds, medians':34}  first byte  first contentful paint")
    with _site() as url, chromium() as browser:
        page = new_page(browser, viewport={"width": 1400, "height": 900})
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        for name, path in PAGES.items():
            shown = [_visit(page, url + path) for _ in range(TIMES + 1)][1:]
            byte, paint = (statistics.median(one) for one in zip(*shown, strict=True))
            slow += paint > LIMIT_MS
            print(f"{name:34}  {byte:10.0f}  {paint:22.0f}  {'!' if paint > LIMIT_MS else ''}")
    return slow


def _visit(page: Any, url: str) -> list[float]:
    page.goto(url)
    moments: list[float] = page.evaluate(_MOMENTS)
    return moments


@contextmanager
def _site() -> Iterator[str]:
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.terminate()
