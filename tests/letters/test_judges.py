"""The judges themselves: each finds what it is there to find."""

import pytest

from dev.judging.page import read
from dev.judging.words import problems
from postroom.shared.rendering.renderer import Content

_GOOD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>x</title></head><body>'
    '<div class="preheader">In short</div><h1>Title</h1>{}</body></html>'
)


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<p>x", "<p> is not closed"),
        ("<p><div>x</div></p>", "<div> within <p>"),
        ("<b><i>x</b></i>", "</b> while <i> is open"),
        ('<p id="a">x</p><p id="a">x</p>', "there twice"),
        ('<p class="a" class="b">x</p>', "attribute twice"),
        ('<table class="facts"><tr><th>x</th></tr></table>', "<th> without scope"),
        ("<table><tr><td>x</td></tr></table>", "without role=presentation"),
        ("<tr><td>x</td></tr>", "<tr> within <body>"),
        ('<img src="cid:x">', "without alt"),
        ("<h1>Second</h1>", "2 headings h1"),
        ('<a href="javascript:x">y</a>', "a link to"),
        ('<p onclick="x">y</p>', "a script in onclick"),
        ("<article>x</article>", "not an element"),
        ('<a class="button" href="https://a.example">x</a>' * 2, "2 primary actions"),
    ],
)
def test_page_that_is_wrong(html: str, problem: str) -> None:
    assert any(problem in found for found in read(_GOOD.format(html)).problems)


def test_page_that_is_right() -> None:
    assert read(_GOOD.format("<p>x</p>")).problems == []


@pytest.mark.parametrize(
    ("subject", "html", "text", "problem"),
    [
        ("x", "<p>x</p>", "word " * 20 + "\n", "a line of"),
        ("x", "<p>x</p>", "x \n", "spaces at the end"),
        ("x", "<p>x</p>", "x\n\n\ny\n", "empty lines"),
        ("x", "<p>a  b</p>", "a b\n", "two spaces"),
        ("x", "<p>1 teachers gave</p>", "x\n", "one of several"),
        ("x", "<p>at 09:30 UTC</p>", "x\n", "UTC"),
        ("x", "<p>x</p>", "None\n", "odd signs"),
        ("x", '<p><a href="https://a.example/">x</a></p>', "x\n", "links differ"),
        ("x", "<p>x</p>", "Bitte lesen\n", "another language"),
    ],
)
def test_words_that_are_wrong(subject: str, html: str, text: str, problem: str) -> None:
    content = Content(subject, text, _GOOD.format(html))
    found = list(problems(content, read(content.html), "en", own_words=True))
    assert any(problem in one for one in found)
