"""CSS inlined once at load gives the HTML that inlining every rendered e-mail gives."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import css_inline
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.shared.rendering.renderer import Renderer
from tests.support.shipped_templates import shipped_renderer

_PARSED = css_inline.CSSInliner(inline_style_tags=False, keep_style_tags=True)

STYLE = """<style>
p { color: red; margin: 0 } td > p { font-size: 12px } .button { padding: 1px } #one { top: 0 }
table.list td { border: 1px solid #eee } a { color: blue } .late p, li { color: green !important }
@media (max-width: 480px) { .button { display: block !important } }
@media (prefers-color-scheme: dark) { p { color: #fff !important } }
</style>"""

# fmt: off
PIECES = [
    "<p>{{ a }} &amp; {{ b }}</p>",
    "<p style=\"color: black\">{{ a }} <a class='button' href='{{ link }}'>{{ b }}</a></p>",
    "{% if yes %}\n<p>{{ a }}</p>\n{% elif b %}<p class=late>B</p>{% else %}\n"
    "<div class='late'><p>{{ b }}</p></div>{% endif %}",
    '<table class="list">\n{% for i in items %}\n<tr><td><p>{{ i }}</p></td></tr>\n'
    "{% endfor %}\n</table>",
    "<table class='list'><thead><tr><th>{{ a }}</th></tr></thead><tbody>"
    "{% for i in items %}<tr>{% for j in items %}<td>{{ j }}</td>{% endfor %}</tr>{% endfor %}"
    "</tbody></table>",
    "<table>{% if yes %}<tr><td>{{ a }}</td></tr>{% endif %}<tr><td><p>x</p></td></tr></table>",
    '<ul class=late>{%- for i in items -%}<li title="{{ i }}">{{ loop.index }} {{ i|upper }}</li>'
    "{%- endfor -%}</ul>",
    "{# <p>{{ nothing }}</p> #}<p id='one'>{{ a|linebreaks }}<br/>&nbsp;&mdash;</p>",
    "{% set c = a ~ b %}<p>{{ c }}{{ '{%' }}</p>",
    "{% with d = b %}<p>{{ d }}</p>{% endwith %}<img src=\"cid:{{ loop_ }}\" alt='{{ a }}'><hr>",
]
# Each must be noticed and left to be inlined after rendering.
AWKWARD = [
    "<p{% if yes %} class='button'{% endif %}>{{ a }}</p>",
    "<p class='{{ kind }}'>{{ a }}</p>",
    "<p class='x {% if yes %}button{% endif %}'>{{ a }}</p>",
    "<p style='width: {{ loop_ }}px'>{{ a }}</p>",
    "<p {{ kind }}>{{ a }}</p>",
    "{% if yes %}<div class='late'>{% endif %}<p>{{ a }}</p>{% if yes %}</div>{% endif %}",
    "<table>{{ a }}<tr><td><p>x</p></td></tr></table>",
    "<p>one<p>{{ a }}",
    "<!--[if mso]>{% if yes %}<p>{{ a }}</p>{% endif %}<![endif]--><p>{{ b }}</p>",
    "{% raw %}<p>{{ a }}</p>{% endraw %}<p>{{ b }}</p>",
    "<p>&#123;&#123; 7 * 7 }} {{ a }}</p>",
    "{% macro m(x) %}<p>{{ x }}</p>{% endmacro %}<div class='late'>{{ m(a) }}</div>",
    "{% set m %}<p>{{ a }}</p>{% endset %}<div class='late'>{{ m }}</div>",
    "<table>{% for i in items %}<tbody><tr><td>{{ i }}</td></tr></tbody>{% endfor %}</table>",
    "{% for i in items recursive %}<p>{{ i }}</p>{% endfor %}",
    "{{ super() if false }}<p>{{ a }}</p>",
    "<style>p:first-child { top: 0 }</style>{% if yes %}<p>{{ a }}</p>{% endif %}<p>{{ b }}</p>",
    "<style>p + p { color: teal }</style>{% if yes %}<p>{{ a }}</p>{% endif %}<p>{{ b }}</p>",
    "<style>a[href] { color: teal }</style><a href='{{ link }}'>{{ b }}</a>",
    "<style>p { color: {{ kind }} }</style><p>{{ b }}</p>",
]

# fmt: on
words = st.text(alphabet="ab <>&\"'é\n{}%zqv0;", max_size=8)
contexts = st.fixed_dictionaries({
    "a": words,
    "b": words,
    "yes": st.booleans(),
    "items": st.lists(words, max_size=3),
    "link": st.just("https://a.example/?x=1&y=2"),
    "kind": st.sampled_from(["late", "button", "teal"]),
    "loop_": st.integers(0, 9),
})  # fmt: skip


def parsed(html: str) -> str:
    """As a mail program reads it: entities settled, and tbody, which is there or implied.

    Without <style>: rules for elements that one rendering does not have stay in its <style>.
    """
    return re.sub(r"\s*</?tbody>\s*|<style>.*?</style>\n?", "", _PARSED.inline(html), flags=re.S)


def both(body: str, context: dict[str, Any], base: str | None = None) -> tuple[str, str, bool]:
    """HTML inlined as the renderer does it, HTML inlined afterwards, and whether it was at load."""
    with TemporaryDirectory() as folder:
        Path(folder, "body.html").write_text(body)
        if base is not None:
            Path(folder, "own.html").write_text(base)
        ours, after = Renderer([Path(folder)]), Renderer([Path(folder)])
        one = ours.render("body.html", context, subject="s").html
        with mock.patch("postroom.shared.rendering.parts.prepare", return_value=(None, False)):
            other = after.render("body.html", context, subject="s").html
        part = ours._parts("body.html").html
        assert part is not None
        return parsed(one), parsed(other), not part.inline_after


def page(body: str) -> str:
    head = f"<head><title>{{{{ a }}}}</title>{STYLE}</head>"
    return f"<!doctype html>\n<html>{head}<body>{body}</body></html>"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4), contexts)
def test_inlined_at_load_equals_inlined_after(pieces: list[str], context: dict[str, Any]) -> None:
    ours, after, at_load = both(page("\n".join(pieces)), context)
    assert at_load
    assert ours == after


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3), contexts)
def test_so_it_is_below_a_layout(pieces: list[str], context: dict[str, Any]) -> None:
    content = "\n".join(pieces)
    body = (
        '{#- why -#}\n{% extends "own.html" %}\n{% block content -%}\n'
        + content
        + "{% endblock content %}\n{% block unused %}{{ nowhere }}{% endblock %}"
    )
    base = page(
        "<div class='late'>{% block content %}{% endblock %}</div>\n"
        "{% block foot %}<p>{{ b }}</p>{% set b = 1 %}{% endblock %}<p>{{ b }}</p>"
    )
    ours, after, at_load = both(body, context, base)
    assert at_load
    assert ours == after


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(AWKWARD), st.sampled_from(PIECES), contexts)
def test_awkward_templates_are_inlined_after_rendering(
    awkward: str, piece: str, context: dict[str, Any]
) -> None:
    if "super" in awkward:
        context |= {"super": str}
    ours, after, at_load = both(page(awkward + piece), context)
    assert not at_load
    assert ours == after


def test_layouts_may_stand_on_layouts(tmp_path: Path) -> None:
    (tmp_path / "middle.html").write_text(
        '{% extends "layout/base.html" %}{% block footer %}<p>Ours</p>{% endblock %}'
    )
    (tmp_path / "x.html").write_text(
        '{% extends "middle.html" %}{% block content %}<p>Hi</p>{% endblock %}'
    )
    renderer = Renderer([tmp_path])
    html = renderer.render("x.html", {}, subject="s").html
    assert "Ours" in html
    assert "Hi" in html
    assert "sent automatically" not in html


@pytest.mark.parametrize("name", shipped_renderer().names())
def test_shipped_templates_are_the_same_inlined_at_load_and_after(name: str) -> None:
    renderer = shipped_renderer()
    context = renderer.sample(name)
    ours = renderer.render(name, context).html
    with mock.patch("postroom.shared.rendering.parts.prepare", return_value=(None, False)):
        after = shipped_renderer().render(name, context).html
    assert parsed(ours) == parsed(after)


def test_rules_for_phones_and_dark_mode_stay_and_nothing_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(
        '{% extends "layout/base.html" %}{% block content %}<p>Hi</p>{% endblock %}'
    )
    html = Renderer([tmp_path]).render("x.html", {}, subject="s").html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html
    assert '<html lang="en" dir="ltr">' in html
    assert "http" not in html
    assert html.count("<style") == 1


KEPT = [
    "a:hover { color: red }",
    ".x::before { content: '>' }",
    "[data-ogsc] .x { color: red }",
    ".ExternalClass * { line-height: 100% }",
    "#outlook a { padding: 0 }",
    "u + .x .y { color: red }",
    ".outlook .x { color: red }",
    ".X { color: red }",
    ":is(p, .x) { color: red }",
    "p:has(a) { color: red }",
    "p:nth-child(1 of .x) { color: red }",
    "#x a { color: red }",
    "x b { color: red }",
    "[calendar] .x { color: red }",
    r"v\:* { behavior: url(#default#VML) }",
    ":is([data-ogsc]) .x { color: red }",
    ":where(.ExternalClass, p) .x { color: red }",
    ".x:not(:hover) { color: red }",
    "@media (max-width: 9em) { .x { color: red } }",
    "@font-face { font-family: 'A'; src: local('A') }",
]


@pytest.mark.parametrize("rule", KEPT)
def test_what_cannot_be_inlined_stays_in_a_style_behind_the_charset(rule: str) -> None:
    html = (
        f"<html><head><style>.x, b {{ top: 0 }} {rule}</style><title>T</title>"
        '<meta charset="utf-8"></head><body xmlns:v="urn:x"><p class="x">a '
        '<a href="https://outlook.example/calendar?u=1" title="x b">b</a></p></body></html>'
    )
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    assert '<p class="x" style="top: 0;">' in done
    assert done.count("<style") == 1
    assert re.sub(r"\s", "", rule) in re.sub(r"\s", "", done)
    assert done.index("<meta charset") < done.index("<style") < done.index("</head>")


def test_a_list_of_selectors_is_split() -> None:
    html = "<style>a:hover, p, .none { top: 0 }</style><p>a</p>"
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    assert done == '<style>\na:hover, .none { top: 0 }\n</style>\n<p style="top: 0;">a</p>'


@pytest.mark.parametrize(
    "selector",
    [".x", r"p.x\/2", "#one", "P[TITLE]", "p:not(.none)", "p:FIRST-child", "tr p", "*|p"],
)
def test_what_an_element_matches_is_inlined(selector: str) -> None:
    html = f"<style>{selector} {{ top: 0 }}</style><table><td><p class='x x/2' id=one title=a>a</p>"
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    assert "top: 0" in done.partition("<table>")[2]
    assert "<style" not in done


def test_imports_of_a_later_sheet_still_come_first() -> None:
    html = (
        "<style>@media print { p { top: 0 } }</style><style>@import url(a.css); @media tv "
        "{ p { top: 0 } } @import url(late.css);</style><p>a</p>"
    )
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    places = [done.index(word) for word in ("a.css", "print", "tv", "late.css")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("<!--[if !mso]><!-->", "<!--<![endif]-->"),
        ("<!--[if !mso]><!-- -->", "<!-- <![endif]-->"),
        ("<![if !mso]>", "<![endif]>"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_style_for_all_but_outlook_stays_where_and_as_it_is(
    begin: str, end: str, first: bool
) -> None:
    theirs = f"{begin}<style>@font-face{{font-family:W}}p{{font-family:W}}</style>{end}"
    sheets = [theirs, "<style>p{top:0} #outlook a{left:0}</style>"]
    html = "".join(sheets if first else sheets[::-1]) + "<style>p{left:0}</style><p>a</p>"
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    assert theirs in done
    assert '<p style="top: 0;left: 0;">' in done
    assert "#outlook a" in done.replace(theirs, "")


XHTML = (
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n<html xmlns="http://www.w3.org/1999/'
    'xhtml"><head><META charset=utf-8 /><!--[if mso]><style>p{color:red}</style><![endif]-->'
    "</head><body>\n<![if !mso]><br/><o:p>&nbsp;</o:p><![endif]>"
    "<Table><tr><td>&copy;<img src=a.png alt=''/></table><a href=x/>&#39;</a>\n"
)


def test_everything_but_style_attributes_is_left_as_it_was() -> None:
    html = XHTML + "<style>i { top: 0 }</style><I>x</I></body></html>"
    done = Renderer().from_bodies(subject="s", html=html, text="t").html
    assert done == XHTML + '<I style="top: 0;">x</I></body></html>'


def test_the_same_in_a_template(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text(XHTML + "<style>i { top: 0 }</style><I>{{ a }}</I>")
    done = Renderer([tmp_path]).render("x.html", {"a": "b"}, subject="s").html
    assert done == XHTML + '<I style="top: 0;">b</I>'


@pytest.mark.parametrize("name", shipped_renderer().names())
def test_the_charset_of_shipped_templates_is_early(name: str) -> None:
    renderer = shipped_renderer()
    html = renderer.render(name, renderer.sample(name)).html
    assert not html or html.encode().find(b"<meta charset") < 1024
