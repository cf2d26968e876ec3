"""Inlining CSS loses nothing that the author of a template wrote."""

from pathlib import Path

import pytest

from postroom.shared.rendering.renderer import Renderer

STYLE_IN_A_VALUE = [
    ('<p class="x" title="Choose a style = b">', '<p class="x" title="Choose a style = b" %s>'),
    ("<a href='/?a= style=b' class=x>", "<a href='/?a= style=b' class=x %s>"),
    ("<p title='a style=\"top: 0\"' STYLE = 'top: 0' class=x>",
     "<p title='a style=\"top: 0\"' %s class=x>"),
    ("<p data-style=1 class=x style>", "<p data-style=1 class=x %s>"),
    ("<p class=x title=a/style='b'>", "<p class=x title=a/style='b' %s>"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "done"), STYLE_IN_A_VALUE)
def test_a_value_that_mentions_style_is_left_as_it_was(tag: str, done: str, tmp_path: Path) -> None:
    own = tag.endswith(" style>") or "STYLE" in tag
    style = f'style="top: 0{"" if own else ";"}"'
    page = f"<style>.x {{ top: 0 }}</style>{tag}{{{{ a }}}}</{tag[1]}>"
    (tmp_path / "x.html").write_text(page)
    expected = f"{done % style}b</{tag[1]}>"
    assert Renderer([tmp_path]).render("x.html", {"a": "b"}, subject="s").html == expected
    page = page.replace("{{ a }}", "b")
    assert Renderer().from_bodies(subject="s", html=page, text="t").html == expected


def test_only_a_real_charset_moves_the_style() -> None:
    html = (
        '<head><style>a:hover { top: 0 }</style><meta name=d content="charset = 1 > 0">'
        '<!-- <meta charset="utf-8"> --></head><p title="media=print">a</p>'
    )
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    assert done == html.replace("<style>", "<style>\n").replace("</style>", "\n</style>\n")


def inlined(css: str, body: str) -> str:
    page = f"<style>{css}</style>{body}"
    return Renderer().from_bodies(subject="s", html=page, text="t").html


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        ("background: url(https://a.example/*/b.png)", "url(https://a.example/*/b.png)"),
        ("background: url( data:x/y;base64,A=/* )", "url( data:x/y;base64,A=/* )"),
        ("background: URL(a{b}c)", "URL(a{b}c)"),
        ("content: '/* no */ <!--'", "'/* no */ <!--'"),
        ("content: '\\'/*}'", "'\\'/*}'"),
        ("color: red; /* don't } */ top: 0", "color: red;top: 0"),
        ("color: red\\9; /*;}*/ top: 0", "color: red\\9;top: 0"),
    ],
)
def test_no_comment_begins_inside_a_string_or_an_address(first: str, shown: str) -> None:
    css = f".x {{ {first} }} .y {{ left: 0 }} /* end */"
    html = inlined(css, "<p class=x>a <b class=y>b</b></p>")
    assert shown in html
    assert '<b class=y style="left: 0;">' in html


def test_comments_are_not_kept() -> None:
    css = "<!-- .x/* a */.y { /* ' */ top: 0 } a:hover { /* b */ left: 0 } -->/*"
    done = inlined(css, '<p class="x y">a</p>')
    assert done == ('<style>\na:hover {  left: 0 }\n</style>\n<p class="x y" style="top: 0;">a</p>')


def test_a_string_left_open_ends_with_its_line() -> None:
    html = inlined(".x { content: 'a\n} /* it's */ .y { left: 0 }", "<b class=y>b</b>")
    assert "it" not in html


@pytest.mark.parametrize(
    ("css", "own", "style"),
    [
        (
            ".x{background:#036;background:linear-gradient(red,blue);color:#fff}",
            "",
            "background: #036; background: linear-gradient(red,blue);color: #fff;",
        ),
        (
            ".x { WIDTH: 9px; top: 0; width: calc(1px + 1em); width: min(1px, 1em) }",
            "",
            "width: 9px; width: calc(1px + 1em); width: min(1px, 1em);top: 0;",
        ),
        (
            ".x { top: 0 !important; top: env(a) !important } p.x { top: 1px }",
            "",
            "top: 0 !important; top: env(a) !important;",
        ),
        (".x { top: 0; top: env(a) } p.x { top: 1px }", "", "top: 1px;"),
        (".x { top: 0; top: env(a); left: 0 }", "top: 1px", "left: 0;top: 1px"),
        (".x { src: url(data:a;b:c); b:1; c:'b: 2' }", "", "src: url(data:a;b:c);b: 1;c: 'b: 2';"),
    ],
)
def test_fallbacks_of_a_rule_stay_in_their_order(css: str, own: str, style: str) -> None:
    own = own and f' style="{own}"'
    assert inlined(css, f"<p class=x{own}>a</p>") == f'<p class=x style="{style}">a</p>'
