"""What is said to be sure to render does render, and everything else is still rendered to see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.rendering.budget import MAX_CHARACTERS
from postroom.shared.rendering.needs import Needs
from postroom.shared.rendering.renderer import Renderer, TemplateError
from postroom.shared.rendering.run import Variables, run, run_plain
from postroom.shared.rendering.sandbox import sandbox
from tests.support.shipped_templates import shipped_renderer

# With these, names are all that a template needs.
KNOWN = [
    "<p>plain</p>",
    "{{ a }}",
    "{{ b }}",
    "{{ a|upper }}{{ b|linebreaks }}",
    "{{ a|linebreaks|upper|e }}",
    "{{ a|capitalize|trim }}",
    "{{ 'Dear ' ~ a if b else 'Hello' }}",
    "{{ a or b }}{{ not a and b }}",
    '<a href="{{ link }}">here</a>',
    "{{ c|default('nobody') }}",
    "{% if a %}{{ b }}{% else %}{{ link }}{% endif %}",
    "{% if a == b %}same{% elif a != 'x' %}other{% endif %}",
    "{% if c|default('') %}by {{ c }}{% else %}by us{% endif %}",
    "{% with %}{{ a }}{% endwith %}",
]
# With these, only rendering tells.
UNKNOWN = [
    "{% for x in a %}{{ x }}{% endfor %}",
    "{% set c = a %}{{ c }}",
    "{{ a.b }}",
    "{{ a[0] }}",
    "{{ a + b }}",
    "{{ a > b }}",
    "{{ a|length }}",
    "{{ a|truncate(5) }}",
    "{{ a|default(b) }}",
    "{{ a|round }}",
    "{{ 'x' * 3 }}",
    "{{ range(3) }}",
    "{{ a if b }}",
    "{% macro m() %}{{ a }}{% endmacro %}{{ m() }}",
    "{% filter upper %}{{ a }}{% endfilter %}",
    '<a href="{{ a ~ b }}">here</a>',
    '<a href="{{ self }}">here</a>',
    "{{ self|default('') }}",
    "{{ a|e|linebreaks }}",
    "{{ a|linebreaks|linebreaks }}",
]
VALUES = st.one_of(
    st.text(),
    st.text(alphabet="&'<\n\u0390ß"),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.booleans(),
    st.none(),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.just("b"), st.text(max_size=3)),
)
LINKS = st.sampled_from(["https://example.org/", "mailto:ann@example.org", "javascript:x", "", 7])
CONTEXTS = st.fixed_dictionaries(
    {}, optional={"a": VALUES, "b": VALUES, "c": VALUES, "link": LINKS}
)
GOOD = {"a": "x", "b": 7, "link": "https://example.org/"}

environment = sandbox([], auto_reload=False)


def needs_of(source: str) -> Needs | None:
    return Needs.of(environment, source, "mail.html")


@given(st.lists(st.sampled_from(KNOWN + UNKNOWN), max_size=6).map("".join), CONTEXTS)
def test_a_template_whose_needs_are_met_renders_within_its_bound(
    source: str, context: dict[str, Any]
) -> None:
    needs = needs_of(source)
    if needs is None or not needs.met(context, 20_000):
        return
    rendered = run(environment.from_string(source), Variables(environment.globals, **context))
    assert len(rendered) <= 20_000


def outcome(of: Callable[[], str]) -> str:
    try:
        return of()
    except Exception as error:  # noqa: BLE001 - whatever a template raises
        return f"{type(error).__name__}: {error}"


@given(st.lists(st.sampled_from(KNOWN), max_size=6).map("".join), CONTEXTS)
def test_a_template_that_has_needs_runs_plainly_as_in_jinjas_context(
    source: str, context: dict[str, Any]
) -> None:
    template = environment.from_string(source)
    variables = Variables(environment.globals, **context)
    assert outcome(lambda: run_plain(template, variables, MAX_CHARACTERS)) == outcome(
        lambda: run(template, variables)
    )


@given(st.lists(st.sampled_from(KNOWN), max_size=6).map("".join), st.text(max_size=40))
def test_texts_that_grow_by_escaping_stay_within_the_bound(source: str, text: str) -> None:
    needs = needs_of(source)
    assert needs
    context = GOOD | {"a": "'" * 5 + text, "b": "&\n" + text, "c": "\u0390" + text}
    rendered = run(environment.from_string(source), Variables(environment.globals, **context))
    assert not needs.met(context, len(rendered) - 1)


@pytest.mark.parametrize("source", KNOWN)
def test_names_are_enough_for(source: str) -> None:
    needs = needs_of(source)
    assert needs
    assert needs.met(GOOD)


@pytest.mark.parametrize("source", UNKNOWN)
def test_only_rendering_tells_for(source: str) -> None:
    assert needs_of(source) is None


@pytest.mark.parametrize(
    ("source", "context", "reason"),
    [
        ("<p>{{ a }}{{ missing }}</p>", GOOD, "the variable 'missing' is missing"),
        ("{% if a %}{{ missing }}{% endif %}", GOOD, "the variable 'missing' is missing"),
        (
            '<a href="{{ link }}">x</a>',
            {"link": "javascript:alert(1)"},
            "refused: the variable 'link' is a link with 'javascript:'",
        ),
        ("{{ a }}" * 2000, {"a": "x" * 6_000}, "refused: it makes more than 10485760 bytes"),
        ("{{ a.b }}", {"a": {}}, "the variable 'a.b' is missing"),
    ],
)
def test_what_would_fail_is_refused(
    tmp_path: Path, source: str, context: dict[str, Any], reason: str
) -> None:
    (tmp_path / "mail.html").write_text(source)
    with pytest.raises(TemplateError, match=reason):
        Renderer([tmp_path]).check("mail.html", context, subject="S")


@pytest.mark.parametrize(
    ("source", "context"),
    [
        ("{% if a %}{{ missing }}{% endif %}", {"a": ""}),
        ("{{ a }}", {"a": ["a", "list"]}),
        ("{% if a %}<a href='{{ link }}'>x</a>{% endif %}", {"a": "", "link": "javascript:none"}),
    ],
)
def test_what_needs_do_not_tell_is_rendered(
    tmp_path: Path, source: str, context: dict[str, Any]
) -> None:
    (tmp_path / "mail.html").write_text(source)
    assert Renderer([tmp_path]).check("mail.html", context, subject="S") == "S"


@pytest.mark.parametrize(
    "name", ["inquiry/received", "speaker_submission/received", "nomination/received"]
)
def test_templates_of_the_forms_are_known(name: str) -> None:
    renderer = shipped_renderer()
    needs = renderer._parts(name).needs  # whether a call pays for rendering
    assert needs
    assert needs.met(renderer.sample(name))


def test_a_name_of_either_part_is_needed(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "body.html").write_text("{{ a }}{{ c|default('') }}")
    (tmp_path / "mail" / "body.txt").write_text("{{ b }}")
    renderer = Renderer([tmp_path])
    with pytest.raises(TemplateError, match="'b' is missing"):
        renderer.check("mail", {"a": "x"}, subject="S")
    (tmp_path / "mail" / "subject.txt").write_text("About {{ d }}")
    renderer = Renderer([tmp_path])
    assert renderer.check("mail", {"a": "x", "b": "y"}, subject="S") == "S"
    assert renderer.check("mail", {"a": "x", "b": "y", "d": "z"}, subject=" ") == "About z"
    with pytest.raises(TemplateError, match="'d' is missing"):
        renderer.check("mail", {"a": "x", "b": "y"})
