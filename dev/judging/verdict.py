"""All judges that need no other program, over one e-mail."""

from typing import Final

from dev.judging.letters import Letter
from dev.judging.page import Page, read
from dev.judging.words import problems
from postroom.shared.rendering.renderer import Content

_MARKUP: Final = ("<script", "<img", "<b>", "<a href='")


def verdict(letter: Letter, content: Content) -> tuple[Page, list[str]]:
    """The page as it was read, and what is wrong; an empty list if nothing is."""
    page = read(content.html)
    found = list(page.problems)
    if page.language.partition("-")[0] != letter.language:
        found.append(f"lang={page.language!r} in an e-mail in {letter.language!r}")
    if page.direction not in ("", "ltr"):
        found.append(f"dir={page.direction!r}")
    found += problems(content, page, letter.language, own_words=letter.case != "hostile")
    if letter.case == "hostile":
        found += [f"markup of a stranger: {sign}" for sign in _MARKUP if sign in content.html]
    return page, found
