"""`make screenshots`: a picture of every page, wide and narrow, light and dark.

No test of the suite: people look at the pictures in `.dev/screenshots`.
"""

from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.support.browser import console_pages, pages

pytestmark = pytest.mark.django_db(transaction=True)
FOLDER: Final = Path(__file__).parents[2] / ".dev" / "screenshots"
WIDTHS: Final = (1400, 390)
SCHEMES: Final = ("light", "dark")


@pytest.mark.parametrize("part", ["site", "console"])
def test_pictures(page: Page, live_server: LiveServer, part: str) -> None:
    below = f"{live_server.url}/postroom/" if part == "console" else live_server.url
    paths = (console_pages if part == "console" else pages).pages()
    for name, path in paths.items():
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                answer = page.goto(f"{below}{path}")
                assert answer is not None
                file = FOLDER / part / f"{name.replace(' ', '-')}-{width}-{scheme}.png"
                page.screenshot(path=file, full_page=True)
