"""No template sends a link that runs a program, wherever in the HTML a variable put it."""

from pathlib import Path

import pytest

from postroom.shared.rendering.renderer import Renderer, TemplateError

SCRIPT = "javascript:alert(1)"

PLACES = [
    '<a href="{{ u }}">x</a>',
    "<a HREF = '{{ u }}'>x</a>",
    "<a href={{ u }}>x</a>",
    "<a href={{ u|trim }}>x</a>",
    '<a href="{% if u %}{{ u }}{% endif %}">x</a>',
    '<a {% if u %}href="{{ u }}"{% endif %}>x</a>',
    '<a title="t" href=" {{ u }}">x</a>',
    '<a href="{{ a }}{{ b }}">x</a>',
    '<a href="{{ a ~ b }}">x</a>',
    '<a href="java{{ b }}">x</a>',
    '<a href="{{ c }}:alert(1)">x</a>',
    '<a href="{{ c }}&colon;alert(1)">x</a>',
    '<a href="&#106;avascript:{{ a }}">x</a>',
    '<a {{ "href" }}="{{ u }}">x</a>',
    '{% set v = u %}<a href="{{ v }}">x</a>',
    "{% for v in [u] %}<a href='{{ v }}'>x</a>{% endfor %}",
    '{% macro m(v) %}<a href="{{ v }}">x</a>{% endmacro %}{{ m(u) }}',
    '<a href="{{ list[0] }}">x</a>',
    '<a xlink:href="{{ u }}">x</a>',
    '<img src="{{ u }}">',
    '<iframe src="{{ u }}"></iframe>',
    '<form action="{{ u }}"></form>',
    '<button formaction="{{ u }}">x</button>',
    '<table background="{{ u }}"></table>',
    '<video poster="{{ u }}"></video>',
    '<object data="{{ u }}"></object>',
    '<img srcset="a.png 1x, {{ u }} 2x">',
    '<meta http-equiv="refresh" content="0; url={{ u }}">',
    '<p style="background: url({{ u }})">x</p>',
    "<p style=\"background: u\\72l('{{ u }}')\">x</p>",
    "<style>p { background: url({{ u }}) }</style>",
    "<!--[if mso]><a href='{{ u }}'>x</a><![endif]-->",
    '<svg><a><animate attributeName="href" to="{{ u }}"/></a></svg>',
    "<a href=\"javascript:alert('{{ a }}')\">x</a>",
    "<a href='{{ u|url }}'>x</a>",
    "{{ u|url }}",
]


def refusal(folder: Path, source: str, u: str = SCRIPT) -> TemplateError:
    (folder / "x.html").write_text(source)
    context = {"u": u, "a": "java", "b": "script:alert(1)", "c": "javascript", "list": [u]}
    renderer = Renderer([folder])
    with pytest.raises(TemplateError) as checked:
        renderer.check("x.html", context, subject="s")
    with pytest.raises(TemplateError) as rendered:
        renderer.render("x.html", context, subject="s")
    assert str(checked.value) == str(rendered.value)
    return rendered.value


@pytest.mark.parametrize("source", PLACES)
def test_a_script_is_refused_in_every_place(tmp_path: Path, source: str) -> None:
    assert "javascript:" in str(refusal(tmp_path, source))


@pytest.mark.parametrize(
    "link",
    [" javascript:x", "JaVaScRiPt:x", "java\tscript:x", "java\nscript:x", "\x01javascript:x",
     "javascript\r:x", "java\u200bscript:x", "vbscript:x", "data:text/html,x",
     "data:image/svg+xml,<svg onload=x>", "file:///etc", "ms-msdt:/id", "search-ms:query",
     "view-source:https://x.example", "blob:x", "mhtml:x"],
)  # fmt: skip
@pytest.mark.parametrize(
    "source", ["<a href='{{ u }}'>x</a>", '<a href="{% if 1 %}{{ u }}{% endif %}">x</a>']
)
def test_no_spelling_of_such_a_scheme_passes(tmp_path: Path, source: str, link: str) -> None:
    assert "which may run a program" in str(refusal(tmp_path, source, link))


def test_variable_and_scheme_are_named(tmp_path: Path) -> None:
    said = str(refusal(tmp_path, "<p>\n<a href='{{ u }}'>x</a></p>"))
    assert said.startswith("x.html, line 2: refused: the variable 'u' is a link with 'javascript:'")
    said = str(refusal(tmp_path, "<img src='{{ c }}{{ b }}' formaction='{{ c }}:{{ b }}'>"))
    assert "the attribute 'formaction' of <img> is a link with 'javascript:'" in said


HARMLESS = [
    "https://a.example/?x=1&y=2", "HTTP://a.example", "mailto:a@b.example", "tel:+4930123",
    "sms:+4930123", "webcal://a.example/x.ics", "cid:logo@example.org", "ftp://a.example",
    "geo:1,2", "myapp://open/7",
    "/a/path", "path:with:colons", "//a.example", "#top", "?page=2", "",
    "https://a.example/javascript:x", "https://a b", "https:", "javascript", "about us",
]  # fmt: skip


@pytest.mark.parametrize("link", HARMLESS)
def test_other_links_pass(tmp_path: Path, link: str) -> None:
    """An empty one as well: it leads nowhere, and a caller may have none."""
    source = "<a href='{{ u }}'>x</a><a href='{% if 1 %}{{ u }}{% endif %}'>x</a>"
    (tmp_path / "x.html").write_text(source)
    renderer = Renderer([tmp_path])
    assert renderer.check("x.html", {"u": link}, subject="s") == "s"
    html = renderer.render("x.html", {"u": link}, subject="s").html
    assert html.count(link.replace("&", "&amp;")) >= 2


PICTURE = "data:image/png;base64,iVBORw0KGgo="


def test_a_picture_may_be_in_a_link_that_shows_one(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("<img src='{{ u }}'><img src='{% if 1 %}{{ u }}{% endif %}'>")
    html = Renderer([tmp_path]).render("x.html", {"u": PICTURE}, subject="s").html
    assert html.count(PICTURE) == 2
    assert "data:" in str(refusal(tmp_path, "<a href='{{ u }}'>x</a>", PICTURE))


@pytest.mark.parametrize(
    "source",
    ["<img srcset='{{ u }} 2x, a.png 1x'>", "<source srcset='{{ u }}'>", "<v:image src='{{ u }}'>",
     "<p style='background: url({{ u }})'>", "<style>p { background: url({{ u }}) }</style>"],
)  # fmt: skip
def test_wherever_a_picture_is_shown_nothing_else_is(tmp_path: Path, source: str) -> None:
    (tmp_path / "x.html").write_text(source)
    assert PICTURE in Renderer([tmp_path]).render("x.html", {"u": PICTURE}, subject="s").html
    for other in ("data:image/svg+xml,x", "data:text/html,x"):
        assert "data:" in str(refusal(tmp_path, source, other))


def test_a_picture_in_a_set_hides_no_script_behind_it(tmp_path: Path) -> None:
    source = "<img srcset='{{ u }} 2x'>"
    assert "javascript:" in str(refusal(tmp_path, source, f"{PICTURE},javascript:x"))


@pytest.mark.parametrize("text", ["File: annual report", "About: us", "Search: x"])
def test_a_description_of_the_page_is_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.html").write_text(
        "<meta name=description content='{{ u }}'><meta property='og:title' content='{{ u }}'>"
    )
    html = Renderer([tmp_path]).render("x.html", {"u": text}, subject="s").html
    assert html.count(text) == 2


@pytest.mark.parametrize(
    "source",
    [
        "<p title='{{ u }}'>{{ u }}</p><a href='https://x.example/{{ u }}' alt=\"{{ u }}\">x</a>",
        "<title>{{ u }}</title><a href='mailto:{{ u }}'>{{ u }}</a><a href='/{{ u }}'>x</a>",
        "<!-- note --><a href='https://x.example/?u={{ u }}&amp;v={{ u }}'>x</a>",
        "{% if u %}<b class=x>{{ u }}</b>{% else %}<i>{{ u }}</i>{% endif %}",
    ],
)
def test_a_scheme_in_any_other_place_is_text(tmp_path: Path, source: str) -> None:
    (tmp_path / "x.html").write_text(source)
    renderer = Renderer([tmp_path])
    assert renderer.check("x.html", {"u": SCRIPT}, subject="s") == "s"
    assert SCRIPT in renderer.render("x.html", {"u": SCRIPT}, subject="s").html
    part = renderer._parts("x.html").html
    assert part
    assert not part.check_links, "such a template must not cost a look at each e-mail"
