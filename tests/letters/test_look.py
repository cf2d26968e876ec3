"""How every shipped e-mail looks on a phone: nothing wider than the screen, enough contrast."""

from dev.judging.browser import PHONE, problems
from tests.letters.conftest import Rendered
from tests.support.browser.chromium import chromium, new_page

# Each look once, with the longest words; the colours do not depend on the language.
_LOOKED_AT = {("usual", "en"), ("hostile", "de")}


def test_phone_shows_every_letter_whole_and_readable(rendered: list[Rendered]) -> None:
    pages = {
        (letter.template, letter.case): content.html
        for letter, content in rendered
        if (letter.case, letter.language) in _LOOKED_AT
    }
    with chromium() as browser:
        page = new_page(browser, viewport={"width": PHONE, "height": 800})
        found = {
            f"{template} {case}: {problem}"
            for (template, case), html in pages.items()
            for problem in problems(page, html)
        }
    assert found == set()
