"""The text derived from HTML reads as a person would have typed it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.rendering.plain_text import MAX_LINE_OCTETS, WIDTH, text_of
from postroom.shared.rendering.renderer import Renderer


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


def test_no_line_passes_998_octets() -> None:
    for word in ("x" * 5000, "漢" * 5000, "😀" * 2000):
        text = text_of(f"<p>{word}</p>")
        assert all(len(line.encode()) <= MAX_LINE_OCTETS for line in text.splitlines())
        assert text.replace("\n", "") == word


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
