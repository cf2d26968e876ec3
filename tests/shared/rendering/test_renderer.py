"""Templates and bodies become subject, text and HTML, or a problem that says what to do."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest

from postroom.shared.rendering.renderer import (
    Renderer,
    TemplateError,
    TemplateNotFoundError,
)
from tests.support.shipped_templates import shipped_renderer

Write = Callable[..., Renderer]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files below a template folder `t/x` (or where a name with a slash says) and render."""

    def files(**contents: str) -> Renderer:
        for name, content in contents.items():
            path = tmp_path / "t" / "x" / name.replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return Renderer([tmp_path])

    return files


def problem(renderer: Renderer, context: dict[str, Any] | None = None) -> TemplateError:
    with pytest.raises(TemplateError) as rendered:
        renderer.render("t/x", context or {}, subject="s")
    with pytest.raises(TemplateError) as checked:
        renderer.check("t/x", context or {}, subject="s")
    assert str(rendered.value) == str(checked.value)
    return rendered.value


def test_a_folder_gives_subject_html_and_text(write: Write) -> None:
    renderer = write(
        subject_txt="Order {{ n }}\n", body_html="<p>{{ who }}</p>", body_txt="Hi {{ who }}\n\n"
    )
    content = renderer.render("t/x", {"n": 7, "who": "Ann & Bo"})
    assert content.subject == "Order 7"
    assert content.html == "<p>Ann &amp; Bo</p>"
    assert content.text == "Hi Ann & Bo\n"
    assert renderer.check("t/x", {"n": 7, "who": ""}) == "Order 7"


def test_text_is_derived_when_the_folder_has_none(write: Write) -> None:
    assert write(body_html="<p>Hi {{ who }}</p>").render(
        "t/x", {"who": "<b>"}, subject="s"
    ).text == ("Hi <b>\n")


def test_a_folder_may_hold_text_alone(write: Write) -> None:
    content = write(body_txt="Hi").render("t/x", {}, subject="s")
    assert (content.text, content.html) == ("Hi\n", "")


def test_one_html_file_is_a_template(write: Write) -> None:
    renderer = write(y_html="<p>{{ a }}</p>")
    assert renderer.render("t/x/y.html", {"a": 1}, subject="s").html == "<p>1</p>"
    with pytest.raises(TemplateError, match=r"t/x/y\.html: there is no subject"):
        renderer.render("t/x/y.html", {"a": 1})


def test_a_given_subject_wins_and_becomes_one_line(write: Write) -> None:
    renderer = write(subject_txt="{{ missing }}", body_txt="b")
    given = "One\r\nBcc: x@example.org\u2028 two\x85"
    assert renderer.render("t/x", {}, subject=given).subject == "One Bcc: x@example.org two"
    assert renderer.check("t/x", {}, subject=given) == "One Bcc: x@example.org two"


def test_a_variable_cannot_break_the_subject_line(write: Write) -> None:
    renderer = write(subject_txt="About {{ topic }}", body_txt="b")
    assert renderer.render("t/x", {"topic": "a\r\nBcc: b"}).subject == "About a Bcc: b"


@pytest.mark.parametrize("body", ["body_html", "body_txt"])
def test_a_variable_cannot_turn_the_words_after_it(write: Write, body: str) -> None:
    """Marks, joiners and what the template's author wrote stay."""
    letter = "{% if all %}{{ who }}{% endif %}{{ ' of ' ~ who }} \u2068{{ who|upper }}\u2069 paid"
    renderer = write(subject_txt="{{ who }} paid", **{body: letter})
    name = "می\u200cAnn\u202e\u2069\u200f"
    content = renderer.render("t/x", {"who": name, "all": True})
    name = "می\u200cAnn\u200f"
    shown = f"{name} of {name} \u2068{name.upper()}\u2069 paid"
    assert content.subject == f"{name} paid"
    assert (content.html or content.text.strip()) == shown
    assert renderer.check("t/x", {"who": "", "all": False}, subject="\u202eAnn") == "Ann"
    given = "Ann\u2067, \u200f42"
    assert renderer.render("t/x", {"who": "", "all": 0}, subject=given).subject == "Ann, \u200f42"


def test_a_subject_that_renders_to_nothing_is_a_problem(write: Write) -> None:
    with pytest.raises(TemplateError, match="no subject"):
        write(subject_txt=" {{ a }}\n", body_txt="b").render("t/x", {"a": " "})


@pytest.mark.parametrize(
    "path",
    [
        "../t/x",
        "/t/x",
        "t\\x",
        "t/x\0",
        "t//x",
        "",
        ".",
        "t/./x",
        "t/.x",
        "C:/t",
        "t/x\n",
        "a" * 300,
    ],
)
def test_a_path_that_is_none_is_refused(write: Write, path: str) -> None:
    with pytest.raises(TemplateNotFoundError, match="not a template path"):
        write(body_txt="b").render(path, {}, subject="s")


@pytest.mark.parametrize("path", ["t", "t/y", "t/x/y.html", "t/x/body.txt", "layout"])
def test_an_unknown_template_is_named(write: Write, path: str) -> None:
    with pytest.raises(TemplateNotFoundError, match="there is no such template") as caught:
        write(body_txt="b").check(path, {}, subject="s")
    assert caught.value.template == path


@pytest.mark.fault(39)
@pytest.mark.parametrize(
    ("body", "line", "variable"),
    [
        ("a\n\n{{ who }}", 3, "who"),
        ("{{ person.name }}", 1, "person.name"),
        ("\n{{ person['name'] }}", 2, "name"),
        ("{{ nobody.name }}", 1, "nobody"),
        ("{% if who %}{% endif %}", 1, "who"),
        ("{% for a in many %}{% endfor %}", 1, "many"),
        ("{{ who|upper }}\n", 1, "who"),
        ("{{ who ~ '' }}", 1, "who"),
        ("{% set a = person %}\n\n{{ a.name.first }}", 3, "a.name"),
    ],
)
def test_a_missing_variable_is_named_with_its_line(
    write: Write, body: str, line: int, variable: str
) -> None:
    found = problem(write(body_html=body), {"person": {}})
    assert (found.template, found.line, found.variable) == ("t/x/body.html", line, variable)
    assert f"t/x/body.html, line {line}: the variable {variable!r} is missing" in str(found)


def test_a_missing_variable_below_a_layout_has_the_line_of_its_own_file(write: Write) -> None:
    body = '{% extends "layout/base.html" %}\n{% block content %}\n<p>\n{{ who }}</p>{% endblock %}'
    found = problem(write(body_html=body))
    assert (found.template, found.line, found.variable) == ("t/x/body.html", 4, "who")


def test_default_and_defined_allow_absence(write: Write) -> None:
    body = "{{ a|default('x') }}{% if b is defined %}!{% endif %}{{ p.q|default('y') }}"
    assert write(body_html=body).render("t/x", {"p": {}}, subject="s").html == "xy"


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        ("\n{% if %}", 2, "Expected an expression"),
        ("{{ a|safe }}", 1, "No filter named 'safe'"),
        ("\n{% autoescape false %}{% endautoescape %}", 2, "autoescape cannot be switched off"),
        ("a\n{{ 1 / zero }}", 2, "ZeroDivisionError"),
        ("{{ zero|length }}", 1, "TypeError"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ [].append(1) }}", 1, "unsafe|not safely callable"),
        ("{% include 'none.html' %}", None, "'none.html', which no template folder holds"),
        ("{% extends 'none.html' %}", None, "'none.html', which no template folder holds"),
        ("{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}", 1, "RecursionError"),
    ],
)
def test_every_other_fault_of_a_template_is_its_problem(
    write: Write, body: str, line: int | None, said: str
) -> None:
    found = problem(write(body_html=body), {"zero": 0})
    assert found.line == line or line is None
    assert re.search(said, str(found)), str(found)


def test_a_file_that_is_not_utf8_is_named(write: Write, tmp_path: Path) -> None:
    renderer = write(body_txt="x")
    (tmp_path / "t/x/body.txt").write_bytes(b"\xff\xfe")
    assert "UTF-8" in str(problem(renderer))


@pytest.mark.parametrize("part", ["body_html", "subject_txt", "body_txt"])
def test_check_looks_at_every_part(write: Write, part: str) -> None:
    parts = {"subject_txt": "s", "body_html": "<p>h</p>", "body_txt": "t"} | {part: "{{ who }}"}
    with pytest.raises(TemplateError, match="who"):
        write(**parts).check("t/x", {})


def test_a_sites_folder_comes_first_and_is_taken_whole(tmp_path: Path) -> None:
    ours = tmp_path / "inquiry/received"
    ours.mkdir(parents=True)
    (ours / "body.txt").write_text("ours")
    content = Renderer([tmp_path]).render("inquiry/received", {}, subject="s")
    assert (content.text, content.html) == ("ours\n", "")


def test_names_are_the_folders_that_can_be_rendered(write: Write) -> None:
    names = write(body_txt="x").names()
    assert "t/x" in names
    assert not any(name.startswith("layout") for name in names)
    assert names == sorted(names)


def test_every_shipped_template_renders_with_its_sample_and_is_inlined_at_load() -> None:
    renderer = shipped_renderer()
    assert "inquiry/received" in renderer.names()
    for name in renderer.names():
        content = renderer.render(name, renderer.sample(name))
        assert content.subject
        assert content.text.strip()
        part = renderer._parts(name).html
        assert part is None or not part.inline_after, f"{name} is inlined for each e-mail"


def test_first_render_of_a_thread_is_inlined_at_load_as_well() -> None:
    """A failure of the prepared source is run again from the file, and so must not go unnoticed."""
    renderer = Renderer()
    for name in renderer.names():
        html = Context().run(lambda: renderer.render(name, renderer.sample(name), subject="x")).html  # noqa: B023
        assert html.count("style=") > 5 or not html
        assert "\n.card {" not in html


def test_sample_is_the_json_beside_the_template(write: Write) -> None:
    renderer = write(body_txt="x", sample_json=json.dumps({"a": 1}))
    assert renderer.sample("t/x") == {"a": 1}
    assert write(body_txt="x", sample_json="{}").sample("t/x") == {}
    with pytest.raises(TemplateError, match=r"sample\.json, line 2"):
        write(sample_json="{\n1").sample("t/x")
    with pytest.raises(TemplateError, match="one JSON object"):
        write(sample_json="[]").sample("t/x")
    with pytest.raises(TemplateNotFoundError):
        renderer.sample("../x")


def test_without_a_sample_there_are_no_variables(write: Write) -> None:
    assert write(body_txt="x").sample("t/x") == {}


@pytest.mark.fault(77)
def test_a_changed_file_is_read_again_only_on_demand(write: Write, tmp_path: Path) -> None:
    kept, fresh = write(body_html="one"), Renderer([tmp_path], auto_reload=True)
    for renderer in (kept, fresh):
        assert renderer.render("t/x", {}, subject="s").html == "one"
    write(body_html="changed")
    assert kept.render("t/x", {}, subject="s").html == "one"
    assert fresh.render("t/x", {}, subject="s").html == "changed"


def test_threads_share_a_renderer(write: Write) -> None:
    body = (
        '{% extends "layout/base.html" %}{% block content %}'
        "{% for i in n %}<p>{{ i }}</p>{% endfor %}{% endblock %}"
    )
    renderer = write(body_html=body, body_txt="{{ n|join(',') }}")

    def render(k: int) -> bool:
        content = renderer.render("t/x", {"n": [k] * 20}, subject="s")
        return (
            content.text == ",".join([str(k)] * 20) + "\n" and content.html.count(f">{k}</p>") == 20
        )

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(render, range(400)))
