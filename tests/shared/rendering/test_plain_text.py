"""The text derived from HTML reads as a person would have typed it."""

# ruff: noqa: RUF001 (Persian letters look like Latin ones)

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.rendering.plain_text import MAX_TAGS, text_of
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.rendering.text.text_lines import WIDTH
from tests.support.acceptance.sample_emails import FAMILY


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("  \n", ""),
        ("<!-- c -->", ""),
        ("<!doctype html></p>", ""),
        ("\x01\x0b<p>a\ud800</p>", "a\n"),
        ("<meta charset='iso-8859-1'><p>ü</p>", "ü\n"),
        ("<pre>a\n  b &lt;c&gt; &amp;lt;</pre>", "a\n  b <c> &lt;\n"),
        ("<p>  </p><br>", ""),
        ("Hi", "Hi\n"),
        ("<p>a</p><p>b</p>", "a\n\nb\n"),
        ("a<br>b<br/>c", "a\nb\nc\n"),
        ("<p>a\n  b</p>", "a b\n"),
        ("<h1>Title</h1><p>x</p>", "Title\n=====\n\nx\n"),
        ("<h2>Part</h2>x", "Part\n----\n\nx\n"),
        ("<ul><li>a</li><li>b</li></ul>", "* a\n* b\n"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b\n"),
        ("<a href='https://x.example/a?b=1&amp;c=2'>Go</a>.", "Go <https://x.example/a?b=1&c=2>.\n"),
        ("<a href='https://x.example'><b>Go</b></a>", "Go <https://x.example>\n"),
        ("<a href='https://x.example/'>https://x.example/</a>", "https://x.example/\n"),
        ("<a href='mailto:a@x.example'>a@x.example</a>", "a@x.example\n"),
        ("<a href='mailto:a@x.example'>Ann</a>", "Ann <a@x.example>\n"),
        ("<a href='MAILTO:a%2Bb@x.example'>Ann</a>", "Ann <a+b@x.example>\n"),
        ("<a href='mailto:a@x.example?subject=b%20c'>Ann</a>",
         "Ann <mailto:a@x.example?subject=b%20c>\n"),
        ("<a href='mailto:%FF@x.example'>Ann</a>", "Ann <mailto:%FF@x.example>\n"),
        ("<a href='#top'>Top</a> <a>none</a>", "Top none\n"),
        ("<a href='https://x.example/'><img src=a.png alt='Shop'></a>", "Shop <https://x.example/>\n"),
        ("<a href='https://x.example/'><img src=a.png alt=''></a>", "https://x.example/\n"),
        ("<p>a <img src=x alt='A cat'> b</p>", "a A cat b\n"),
        ("<style>p{}</style><script>x()</script><title>T</title><p>a</p>", "a\n"),
        ("<html><head><title>T</title></head><body>a</body></html>", "a\n"),
        ("<div style='display:none'>pre</div>a", "a\n"),
        ("<div hidden>pre</div>a<!-- c -->b", "ab\n"),
        ("a<p style='DISPLAY : none'>x</p>b", "ab\n"),
        ("a&zwnj;&nbsp;&shy;b &#847;", "a b\n"),
        ("<p>&zwnj;&nbsp;&#847;&zwj; &#8203;\n&#65279; x</p>", " x\n"),
        ("<p>a &zwnj; &zwnj;&zwnj; b &zwnj;</p><p>&zwj;</p>c", "a b\n\nc\n"),
        ("<b>می</b>&zwnj;خواهم &zwnj;", "می\u200cخواهم\n"),
        ("<p>می\u200c\u200cخواهم</p>", "می\u200c\u200cخواهم\n"),
        ("<p>ه\u200d. ന്\u200d ‏(\u200f1) &lrm;x\u061c</p>",
         "ه\u200d. ന്\u200d ‏(\u200f1) \u200ex\u061c\n"),
        (f"<table><tr><th>{FAMILY}<th>✍🏽\ufe0f&zwj;♀</table>", f"{FAMILY}  ✍🏽\ufe0f\u200d♀\n"),
        ("<pre>می\u200cخواهم\n  \u202eb</pre>", "می\u200cخواهم\n  b\n"),
        ("Ann\u202e \u2067owes <a href='/\u202e1'>you</a>\u2069", "Ann owes you </1>\n"),
        ("<table><tr><td><table><tr><td>a</td></tr><tr><td>b</td></tr></table></td></tr></table>",
         "a\nb\n"),
        ("<table role=presentation><tr><td>a</td><td>b</td></tr></table>", "a\nb\n"),
        ("<table><tr><th>Name</th><td>Ann</td></tr><tr><th>Town</th><td>Bonn</td></tr></table>",
         "Name  Ann\nTown  Bonn\n"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c\n"),
        ("a<hr>b", "a\n\n" + "-" * 40 + "\n\nb\n"),
        ("<?xml version='1.0' encoding='utf-8'?><p>ü</p>", "ü\n"),
        ("<HTML><BODY><P>a\0b</P></BODY></HTML>", "ab\n"),
    ],
)  # fmt: skip
def test_html_reads_well_as_text(html: str, text: str) -> None:
    assert text_of(html) == text


def test_lines_are_wrapped_but_links_are_not_broken() -> None:
    link = "https://x.example/" + "a" * 300
    text = text_of(f"<p>{'word ' * 60}<a href='{link}'>here</a></p>")
    assert f"<{link}>" in text
    assert all(len(line) <= WIDTH for line in text.splitlines() if link not in line)


def test_items_and_columns_are_wrapped_under_themselves() -> None:
    lines = text_of(f"<ul><li>{'word ' * 40}</li></ul>").splitlines()
    assert lines[1].startswith("  word")
    lines = text_of(
        f"<table><tr><th>Name</th><td>{'word ' * 40}</td></tr><tr><th>b</th><td>c</td></tr></table>"
    ).splitlines()
    assert lines[1].startswith("      word")


def test_words_stay_whole_however_long() -> None:
    """The message carries any line: quoted-printable and base64 break it without a trace."""
    for word in ("x" * 5000, "漢" * 5000, "😀" * 2000):
        assert text_of(f"<p>{word}</p>") == f"{word}\n"
    link = "https://x.example/?" + "a=1&" * 400
    assert text_of(f'<a href="{link}">here</a>').split() == ["here", f"<{link}>"]


@pytest.mark.parametrize(
    "element",
    ["address", "article", "aside", "blockquote", "center", "dd", "details", "dialog", "div",
     "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
     "h5", "h6", "header", "hgroup", "legend", "li", "main", "menu", "nav", "ol", "p", "pre",
     "search", "section", "summary", "ul"],
)  # fmt: skip
def test_every_block_has_lines_of_its_own(element: str) -> None:
    text = text_of(f"Before<{element}>One</{element}><{element}>Two</{element}>After")
    words = [line.strip(" *=-1.") for line in text.splitlines()]
    assert [word for word in words if word] == ["Before", "One", "Two", "After"]


def test_names_and_values_of_a_definition_list_are_apart() -> None:
    html = "<dl><dt>Order</dt><dd>4711</dd><dt>Total</dt><dd>9 EUR</dd></dl>"
    assert text_of(html) == "Order\n4711\nTotal\n9 EUR\n"


def test_a_table_with_a_row_that_does_not_fit_becomes_names_and_values() -> None:
    long = " ".join(["word"] * 14)
    facts = f"<tr><th>Name of speaker</th><td>Ann</td></tr><tr><th>T</th><td>{long}</td></tr>"
    assert text_of(f"<table>{facts}</table>") == f"Name of speaker: Ann\nT: {long}\n"
    head = "<tr><th>Day</th><th>Topic</th><th>Room</th></tr>"
    rows = f"<tr><td>1</td><td>{long}</td><td>A</td></tr><tr><td>2</td><td>b</td><td>B</td></tr>"
    assert text_of(f"<table>{head}{rows}</table>") == (
        f"Day: 1\nTopic: {long}\nRoom: A\n\nDay: 2\nTopic: b\nRoom: B\n"
    )


def test_html_with_too_many_tags_gives_its_words() -> None:
    html = "<style>p{}</style>" + "<p>a <b>b</b></p>" * (MAX_TAGS // 3)
    assert text_of(html).split() == ["a", "b"] * (MAX_TAGS // 3)


def test_texts_of_several_threads_are_not_mixed() -> None:
    pages = [f"<ul><li>For {n}</li></ul>" * 50 for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(text_of, pages)) == [text_of(page) for page in pages]


def test_html_nested_without_end_still_gives_its_text() -> None:
    assert "deep" in text_of("<div>" * 1500 + "deep")
    assert "deep" in text_of("<table><tr><td>" * 300 + "deep")


@given(st.text(max_size=40) | st.text(alphabet="<>/ apbrtdlihe=\"'&;!-\n", max_size=60))
def test_any_html_gives_some_text_without_failing(html: str) -> None:
    assert text_of(html) is not None


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_visible_words_are_never_lost(word: str) -> None:
    for html in (f"<p>{word}</p>", f"<table><tr><td>{word}</td><td>x</td></tr></table>", word):
        assert word in text_of(html)


def test_the_layout_reads_well_as_text(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(
        '{% extends "layout/base.html" %}{% block preheader %}hidden{% endblock %}'
        "{% block title %}<h1>Hello</h1>{% endblock %}{% block content %}<p>Text.</p>{% endblock %}"
    )
    content = Renderer([tmp_path]).render("x.html", {"site_name": "Site"}, subject="s")
    assert content.text == "Site\n\nHello\n=====\n\nText.\n\nSent automatically by Site.\n"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<ol><li>a<li value=7>b<li value=x>c</ol>", "1. a\n7. b\n8. c\n"),
        ("<ul><li value=7>a</ul>", "* a\n"),
        ("<ol start=' 5.'><li>a</ol><ol start=x><li>b</ol>", "5. a\n1. b\n"),
        ("<ol reversed start=9><li>a<li>b<li value=3>c<li>d</ol>", "9. a\n8. b\n3. c\n2. d\n"),
        ("<ol reversed><li>a<li hidden>no<li>b<ol reversed><li>c</ol></ol><ol reversed><li>d</ol>",
         "2. a\n1. b\n    1. c\n1. d\n"),
    ],
)  # fmt: skip
def test_items_have_the_numbers_that_a_browser_shows(html: str, text: str) -> None:
    assert [line.lstrip() for line in text_of(html).splitlines()] == [
        line.lstrip() for line in text.splitlines()
    ]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>6</sup> EUR", "10^6 EUR"),
        ("m<b><sup><i>2</i></sup></b>, 10<sup>-3</sup>, (a)<sup>2</sup>", "m^2, 10^-3, (a)^2"),
        ("1<sup>st</sup> X<sup>TM</sup> <sup>1</sup>", "1st XTM 1"),
        ("<sup>1</sup> a<sup></sup>3", "1 a3"),
        ("<pre>2<sup>8</sup></pre>", "2^8"),
        ("10<sub>2</sub>, H<sub>2</sub>O", "10_2, H2O"),
        ("<s>20</s>19, <del>10</del><ins>9</ins>", "20 19, 10 9"),
        ("3<strike>4</strike>, 3<ins>4</ins>5", "3 4, 3 4 5"),
        ("<del>old</del><ins>new</ins>, un<ins>do</ins>ne", "old new, undone"),
        ("<del>a</del> b <s></s>c", "a b c"),
    ],
)
def test_what_only_looks_apart_is_no_part_of_its_neighbour(html: str, text: str) -> None:
    assert text_of(html) == f"{text}\n"


@pytest.mark.parametrize(
    ("html", "lines"),
    [
        ("<span style='display:block'>a</span><b style='DISPLAY: flex'>b</b>c", ["a", "b", "c"]),
        ("<i style='display:table-row !important;display:inline'>a</i>b", ["a", "b"]),
        ("<i style='display: block flow'>a</i>b", ["a", "b"]),
        ("<a href=/1 style='display:block'>a</a><a href=/2 style='display:block'>b</a>",
         ["a </1>", "b </2>"]),
        ("<style>.l { display: block }</style><b class=l>a</b><b class=l>b</b>", ["a", "b"]),
        ("<b style='display:block;display:inline'>a</b>b", ["ab"]),
        ("<b style='display:inline-block'>a</b>b", ["ab"]),
        ("<a href=/1><img style='display:block' alt=a></a>", ["a </1>"]),
        ("<button>a</button><button>b</button>", ["a b"]),
    ],
)  # fmt: skip
def test_what_a_style_shows_as_a_block_has_lines_of_its_own(html: str, lines: list[str]) -> None:
    text = text_of(Renderer().from_bodies(subject="s", html=html, text="t").html)
    assert [line.rstrip() for line in text.splitlines()] == lines


@pytest.mark.parametrize(
    ("style", "seen"),
    [
        ("background:url(x?display:none)", True),
        ("content: ';display:none'", True),
        ("/* display:none */ top: 0", True),
        ("--display: none", True),
        ("display:none;display:block", True),
        ("max-height: 0.5em", True),
        ("display:block;DISPLAY : None", False),
        ("display:none !important;display:block", False),
        ("display:none;visibility:visible", False),
        ("max-height: 0px", False),
    ],
)
def test_only_what_a_style_declares_hides(style: str, seen: bool) -> None:
    assert text_of(f'a<p style="{style}">b</p>').split() == ["a"] + ["b"] * seen
