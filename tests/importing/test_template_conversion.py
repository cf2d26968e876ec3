"""Converting Django templates: both engines say the same, and what cannot be said is named."""

from typing import Any

import jinja2
import pytest
from django.template import Context, Engine

from postroom.shared.rendering.run import run
from postroom.shared.rendering.sandbox import sandbox
from postroom.web.importing.template_conversion import convert

CONTEXT: dict[str, Any] = {
    "name": "Ann <3",
    "nothing": None,
    "count": 3,
    "empty": "",
    "order": {"lines": [{"title": "tea", "price": 2}, {"title": "a & b", "price": 5}], "id": 7},
    "fees": {"post": 4, "tax": 1},
    "text": "one\ntwo",
}
SAME = [
    "Dear {{ name }},\nthank you.",
    "{{ order.lines.0.title }} of {{ order.id }}",
    "{{ name|upper }} {{ name|lower }} {{ order.lines|length }} {{ name|truncatechars:4 }}",
    '{{ empty|default:"-" }} {{ gone|default:"-" }} {{ nothing|default:name }}',
    '{{ fees.post|default:"x" }}{{ text|linebreaksbr }}',
    "{% if name %}yes{% else %}no{% endif %}{% if gone %}yes{% elif count %}3{% endif %}",
    "{% if not gone and count > 2 or empty %}a{% endif %}{% if count == 3 %}b{% endif %}",
    "{% if count not in order %}c{% endif %}{% if 'A' in name %}d{% endif %}",
    "{% for line in order.lines %}{{ forloop.counter }}. {{ line.title }}: {{ line.price }}\n"
    "{% empty %}none{% endfor %}.",
    "{% for line in gone %}x{% empty %}none{% endfor %}",
    "{% for line in order.lines reversed %}{{ line.title }}{% if not forloop.last %}, {% endif %}"
    "{% endfor %}",
    "{% for what, fee in fees.items %}{{ what }}={{ fee }} {% endfor %}",
    "{% with first=order.lines.0 n=count %}{{ first.title }}{{ n }}{% endwith %}",
    "{% with order.lines as lines %}{{ lines|length }}{% endwith %}",
    "a{# no #}b{% comment %}{{ no }}{% nothing %}{% endcomment %}c",
    "{% verbatim %}{{ as it is }} {% too %}{% endverbatim %}",
    "line ends:\n{% if name %}\n  kept\n{% endif %}\n  {% if name %}too{% endif %}\nand here",
    "braces { and { {{ name }} } {{% if name %}y{% endif %} and {% \n %} and {# \n #} end {",
    "{{ True }} {{ nothing }} {{ 5 }} {{ 'x' }}",
]


def both(source: str, file: str) -> tuple[str, str]:
    """What Django makes of it, and Jinja2 of the converted one."""
    converted = convert(source, is_markup=file.endswith(".html"))
    assert converted.problems == []
    old = Engine.get_default().from_string(source)
    environment = sandbox((), auto_reload=False)
    environment.loader = jinja2.DictLoader({file: converted.source})
    new = run(environment.get_template(file), {**environment.globals, **CONTEXT})
    return old.render(Context(CONTEXT, autoescape=file.endswith(".html"))), new


@pytest.mark.parametrize("source", SAME)
def test_text_is_the_same_to_the_letter(source: str) -> None:
    old, new = both(source, "body.txt")
    assert new.replace("<br>\n", "<br>") == old


@pytest.mark.parametrize("source", SAME)
def test_html_is_the_same_but_for_blanks(source: str) -> None:
    old, new = both(source, "body.html")
    assert new.replace("<br>\n", "<br>").split() == old.split()


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ("a\n{% load shop %}{{ x }}", [(2, "{% load %}")]),
        ('{% trans "Hi" %}\n{% now "Y" %}', [(1, "{% trans %}"), (2, "{% now %}")]),
        ("{% blocktrans %}Hi{% endblocktrans %}", [(1, "{% blocktrans %}")]),
        ("{{ price|floatformat:2 }}", [(1, "the filter floatformat")]),
        ("{{ html|safe }}", [(1, "the filter safe")]),
        ("{{ x|unheard }}", [(1, "Invalid filter: 'unheard'")]),
        ("{% if x is None %}a{% endif %}", [(1, "the operator is")]),
        ('{{ x|default:"<b>" }}', [(1, "the constant '<b>', which Jinja2 escapes")]),
        ("{% for a in b %}{{ forloop.parentloop.counter }}{% endfor %}", None),
        ("{{ loop }}", [(1, "the name loop, which means something else in Jinja2")]),
        ("{% autoescape off %}{{ x }}{% endautoescape %}", [(1, "{% autoescape %}")]),
        ('{{ _("Hi") }}', [(1, "a translation, _(...)")]),
        ("{% for a, b in pairs %}{% endfor %}", [(1, "{% for a, b in pairs %}")]),
    ],
)
def test_what_has_no_counterpart_is_named_with_its_line(source: str, problems: Any) -> None:
    expected = problems or [(1, "forloop.parentloop.counter")]
    assert convert(source, is_markup=True).problems == expected


def test_html_that_is_escaped_twice_over_is_escaped() -> None:
    old, new = both("{% autoescape on %}{{ name }}{% endautoescape %}", "body.html")
    assert old == new == "Ann &lt;3"


def test_text_needs_no_escaping_switched_off() -> None:
    source = "{% autoescape off %}{{ name|safe }}{% endautoescape %}"
    assert convert(source, is_markup=False).source == "{{ name }}"


def test_sample_holds_every_variable() -> None:
    source = (
        "{{ name }}{% if count > 1 %}{% endif %}{% for line in order.lines %}{{ line.title }}"
        '{% endfor %}<a href="{{ where }}">{% with o=order %}{{ o.id }}{% endwith %}'
    )
    assert convert(source, is_markup=True).sample == {
        "name": "Sample name",
        "count": 2,
        "order": {"lines": [{"title": "Sample title"}] * 2, "id": "Sample id"},
        "where": "https://example.org/where",
    }
