"""Templates that would take the memory or the hours of a mailer are refused within their bounds."""

from pathlib import Path

import pytest

from postroom.shared.rendering import budget
from postroom.shared.rendering.renderer import Renderer, TemplateError

CONTEXT = {"text": "y" * 50_000, "many": ["z" * 100] * 1000, "tags": "<b>" * 20_000}

BOMBS = {
    "bytes repeated": "{{ 'a'.encode() * 10**9 }}",
    "bytes repeated the other way": "{{ 10**9 * 'a'.encode() }}",
    "wide wrapping": "{{ text|wordwrap(1, True, 'x' * 9999) }}",
    "tilde doubles": "{% set ns = namespace(x='x' * 9999) %}"
    "{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x|length }}",
    "tilde in text": "{% set a = text ~ text ~ text ~ text ~ text ~ text ~ text ~ text %}"
    "{% set b = a ~ a ~ a ~ a ~ a ~ a ~ a ~ a %}{% set c = b ~ b ~ b ~ b ~ b ~ b ~ b ~ b %}"
    "{{ (c ~ c ~ c ~ c)|length }}",
    "set doubles": "{% set ns = namespace(x='x' * 9999) %}{% for i in range(40) %}"
    "{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}{{ ns.x|length }}",
    "plus doubles": "{% set ns = namespace(x='x' * 9999) %}"
    "{% for i in range(40) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "sum of lists": "{{ (([many] * 9999)|sum(start=[]))|length }}",
    "sum of tuples": "{{ ([(1,)] * 9999)|sum(start=()) }}",
    "lists in lists": "{% set ns = namespace(x=[text]) %}"
    "{% for i in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "dicts in dicts": "{% set ns = namespace(x={'a': text}) %}"
    "{% for i in range(40) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}{{ ns.x|tojson }}",
    "one text many times": "{{ [text] * 9999 }}",
    "one text many times as text": "{{ ([text] * 9999)|string|length }}",
    "one text many times joined": "{{ ([text] * 9999) ~ '' }}",
    "format of many": "{{ ('%s' * 5000) % ((text,) * 5000) }}",
    "format by name": "{{ ('%(a)s' * 2000) % {'a': text} }}",
    "format filter": "{{ ('%(a)s' * 2000)|format({'a': text}) }}",
    "numbers grow": "{% set ns = namespace(x=10**9) %}"
    "{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}",
    "rounding": "{{ 1|round(99999999, 'ceil') }}",
    "macros call twice": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}"
    "{% endmacro %}"
    "{{ m(60) }}",
    "recursive loop": "{% for i in many recursive %}{{ loop(many) }}{% endfor %}",
    "recursive loop that goes wide": "{% for i in [1] recursive %}{% if loop.depth < 4 %}"
    "{{ loop(many) }}{% endif %}{% endfor %}",
    "filters in a loop": "{% for i in range(9999) %}{% if text|upper|lower|title == 'n' %}x"
    "{% endif %}{% endfor %}",
    "tests in a loop": "{% for i in range(9999) %}{% for j in range(9) %}"
    "{% if (text ~ 'q') in (text ~ text ~ 'z') %}x{% endif %}{% endfor %}{% endfor %}",
    "filter block": "{% set ns = namespace(x='x' * 9999) %}{% for i in range(40) %}"
    "{% set y %}{% filter upper %}{{ ns.x }}{{ ns.x }}{% endfilter %}{% endset %}"
    "{% set ns.x = y %}{% endfor %}",
    "map": "{{ ([text] * 9999)|map('upper')|join|length }}",
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("file", ["bomb.html", "bomb/body.txt"])
def test_a_bomb_is_refused(tmp_path: Path, name: str, file: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(BOMBS[name])
    renderer = Renderer([tmp_path])
    template = file.removesuffix("/body.txt")
    with pytest.raises(TemplateError, match=r"refused|SecurityError"):
        renderer.check(template, CONTEXT, subject="s")


def test_time_is_processor_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow.html").write_text("{% for i in range(9999) %}{{ i }}{% endfor %}")
    monkeypatch.setattr(budget, "MAX_SECONDS", -1.0)
    with pytest.raises(TemplateError, match="processor time"):
        Renderer([tmp_path]).render("slow.html", {}, subject="s")


def test_many_tags_are_taken_away_at_once(tmp_path: Path) -> None:
    """Jinja's own filter copies the rest of the text for each tag."""
    (tmp_path / "tags.html").write_text("{{ tags|striptags }}{{ other|striptags }}")
    context = {"tags": "<b>" * 300_000 + "a <", "other": "<!--" * 200_000}
    assert Renderer([tmp_path]).render("tags.html", context, subject="s").html == "a &lt;"


def test_bounds_leave_room_for_what_templates_do(tmp_path: Path) -> None:
    (tmp_path / "list.html").write_text(
        "{% for row in rows %}{{ row.name ~ ' ' ~ row.n|round(1) }} {{ [row.n, 1]|max }}\n"
        "{% endfor %}"
        "{{ rows|map(attribute='n')|sum }} {{ 'a b'|wordwrap(1) }} {{ {'a': rows[0].n}|tojson }}"
    )
    rows = [{"name": "x" * 50, "n": n} for n in range(20_000)]
    content = Renderer([tmp_path]).render("list.html", {"rows": rows}, subject="s")
    assert content.html.count("\n") == 20_001
    assert content.html.endswith('199990000 a\nb {"a": 0}')


def test_the_bound_of_a_part_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("{{ a }}")
    renderer = Renderer([tmp_path], max_bytes=1000)
    assert renderer.render("x.html", {"a": "x" * 1000}, subject="s").html == "x" * 1000
    for text in ("x" * 1001, "ü" * 501, "😀" * 251):
        for call in (renderer.render, renderer.check):
            with pytest.raises(TemplateError, match="more than 1000 bytes"):
                call("x.html", {"a": text}, subject="s")
