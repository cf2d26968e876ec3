"""Values are escaped as Jinja2 would, whatever way they take through a template."""

from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from postroom.shared.header_rules import without_turns
from postroom.shared.rendering.escaping import escaped
from postroom.shared.rendering.renderer import Renderer

WAYS = {
    "output": "<p>{{ value }}</p>",
    "macro": "{% macro twice(v) %}{{ v }}|{{ v }}{% endmacro %}<p>{{ twice(value) }}</p>",
    "set block": "{% set kept %}<b>{{ value }}</b>{% endset %}{{ kept }}",
    "joined": "{{ '<b>' ~ value }}",
    "filter block": "{% filter upper %}<b>{{ value }}</b>{% endfilter %}",
    "escaped twice": "{{ value|e }}",
    "loop": "{% for one in [value, value] %}{{ one }},{% endfor %}",
    "caller": "{% macro box() %}<i>{{ caller() }}</i>{% endmacro %}"
    "{% call box() %}{{ value }}{% endcall %}",
}


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text()), st.text().map(Markup)))
def test_every_value_is_escaped_as_markupsafe_does(value: Any) -> None:
    if type(value) is str:
        value = without_turns(value)
    assert str(escaped(value)) == str(escape(value))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", ["plain", "<script>alert('1')</script>", 'a "quoted" & b', 7])
def test_templates_render_as_jinja_renders_them(tmp_path: Path, way: str, value: object) -> None:
    (tmp_path / "mail.html").write_text(WAYS[way])
    rendered = Renderer([tmp_path]).render("mail.html", {"value": value}, subject="S").html
    plain = jinja2.Environment(autoescape=True).from_string(WAYS[way])
    assert rendered.strip() == plain.render(value=value)
