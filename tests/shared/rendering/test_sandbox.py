"""What a template may not do: take too much, inject markup, link to scripts, read objects."""

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from postroom.shared.rendering.renderer import Renderer, TemplateError
from postroom.shared.rendering.run import run
from postroom.shared.rendering.sandbox import sandbox

ENVIRONMENT = sandbox([], auto_reload=False)


def rendered(source: str, name: str = "x.html", **context: Any) -> str:
    code = ENVIRONMENT.compile(source, name)
    template = ENVIRONMENT.template_class.from_code(ENVIRONMENT, code, ENVIRONMENT.globals)
    return run(template, ENVIRONMENT.globals | context)


@pytest.mark.fault(40)
@pytest.mark.parametrize(
    "bomb",
    [
        "{{ 'x' * 500000000 }}",
        "{{ 500000000 * 'x' }}",
        "{{ [1] * 500000000 }}",
        "{{ text * 500000000 }}",
        "{{ 9 ** 99999999 }}",
        "{{ 9999999999 ** 60 }}",
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}",
        "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{% for j in range(9999) %}x{% endfor %}{% endmacro %}"
        "{% for i in range(9999) %}{{ m() }}{% endfor %}",
        "{% for i in range(9999) %}{{ text }}{% endfor %}",
        "{{ '%500000000d' % 1 }}",
        "{{ '%*d' % (500000000, 1) }}",
        "{{ '%500000000d'|format(1) }}",
        "{{ 'x'|center(300000000) }}",
        "{{ 'x'.center(300000000) }}",
        "{{ 'x'.zfill(300000000) }}",
        "{{ '{:>300000000}'.format(1) }}",
        "{{ '{x:>300000000}'.format_map({'x': 1}) }}",
        "{{ 'x'|indent(300000000) }}",
        "{{ text|replace('', text) }}",
        "{{ text.replace('', text) }}",
        "{{ range(9999)|join(text) }}",
        "{{ text.join(['x'] * 9999) }}",
        "{{ [1]|batch(300000000, 'x')|list }}",
        "{{ [1]|slice(300000000)|list }}",
        "{{ lipsum(300000000) }}",
    ],
)
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, bomb: str) -> None:
    (tmp_path / "bomb.html").write_text(bomb)
    before = time.monotonic()
    with pytest.raises(TemplateError):
        Renderer([tmp_path]).render("bomb.html", {"text": "y" * 5000}, subject="s")
    assert time.monotonic() - before < 5


def test_what_templates_need_is_not_bounded_away() -> None:
    assert rendered("{{ '%.2f' % price }} {{ '%.1f'|format(price) }}", price=3.14159) == "3.14 3.1"
    assert rendered("{{ '-' * 20 }}{{ 2 ** 10 }}{{ 3 * 4 }}") == "-" * 20 + "102412"
    assert rendered("{% for i in range(3) %}{{ loop.index }}/{{ loop.length }} {% endfor %}") == (
        "1/3 2/3 3/3 "
    )
    assert rendered("{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}", d={"a": 1}) == "a1"
    assert rendered("{% for x in a|map('upper') if x != 'B' %}{{ x }}{% endfor %}", a="abc") == "AC"
    assert rendered(
        "{{ a|join(', ') }} {{ o|join('+', attribute='n') }}", a=[1, 2], o=[{"n": 3}]
    ) == ("1, 2 3")
    assert rendered("{% for a in many %}{{ a }}{% endfor %}", many=["x"] * 50_000) == "x" * 50_000


def test_a_key_called_items_is_the_value_stored() -> None:
    assert (
        rendered("{% for i in order.items %}{{ i }}{% endfor %}", order={"items": [1, 2]}) == "12"
    )


def test_objects_are_shut_even_when_one_strays_in() -> None:
    class Account:
        secret = "s3cret"

    for reach in ("{{ a.secret }}", "{{ a['secret'] }}", "{{ a|map(attribute='secret')|list }}"):
        with pytest.raises(
            Exception, match=r"unsafe|has no attribute|not iterable|not subscriptable"
        ):
            rendered(reach, a=Account())


@given(st.text())
def test_user_text_stays_text(text: str) -> None:
    shown = rendered("<p title=\"{{ t }}\" lang='{{ t }}'>{{ t }}</p>", t=f"a{text}a")
    for bad in ("<", ">", '"', "'"):
        assert bad not in shown.replace('<p title="', "").replace("\" lang='", "").replace(
            "'>", ""
        ).replace("</p>", "")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_linebreaks_only_adds_br(text: str) -> None:
    tree = lxml_html.fragment_fromstring(rendered("<p>{{ t|linebreaks }}</p>", t=f"a{text}"))
    assert {node.tag for node in tree.iter()} <= {"p", "br"}


def test_linebreaks_keeps_lines() -> None:
    assert rendered("{{ t|linebreaks }}", t="a<b\r\nc\n\nd") == "a&lt;b<br>\nc<br>\n<br>\nd"


def test_a_literal_scheme_needs_no_check() -> None:
    assert rendered('<a href="mailto:{{ a }}">', a="x@y.example") == '<a href="mailto:x@y.example">'


def test_text_is_not_escaped() -> None:
    assert rendered("{{ t }}", "body.txt", t="a & <b>") == "a & <b>"
