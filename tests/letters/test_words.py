"""What every shipped e-mail says, in each language, with usual, least and hostile data."""

import json

import pytest

from dev.judging.letters import CASES, LANGUAGES
from dev.judging.people import HOSTILE
from dev.judging.rendering import folders
from dev.judging.verdict import verdict
from dev.label_catalogues import out_of_date
from tests.letters.conftest import Rendered
from tests.support.shipped_templates import shipped_renderer


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_judges_find_nothing(rendered: list[Rendered], language: str, case: str) -> None:
    found = {
        f"{letter}: {problem}"
        for letter, content in rendered
        if (letter.language, letter.case) == (language, case)
        for problem in verdict(letter, content)[1]
    }
    assert found == set()


def test_every_shipped_template_is_judged(rendered: list[Rendered]) -> None:
    for language in LANGUAGES:
        judged = {one.letter.template for one in rendered if one.letter.language == language}
        assert judged == set(folders())


@pytest.mark.parametrize("template", sorted(folders()))
def test_german_is_complete_and_different(template: str) -> None:
    folder = folders()[template]
    for name in ("subject.txt", "body.html", "body.txt"):
        plain = folder / name
        stem, _, suffix = name.partition(".")
        german = folder / f"{stem}.de.{suffix}"
        assert plain.is_file() == german.is_file(), german
    assert (folder / "body.de.html").read_text() != (folder / "body.html").read_text()


@pytest.mark.parametrize("template", sorted(folders()))
def test_sample_has_the_variables_that_the_code_gives(
    template: str, rendered: list[Rendered]
) -> None:
    sample = set(shipped_renderer().sample(template))
    german = folders()[template] / "sample.de.json"
    assert not german.is_file() or set(json.loads(german.read_text())) <= sample
    usual = [set(r.letter.context) for r in rendered if r.letter.template == template]
    assert sample <= set.union(*usual)
    assert sample >= set.intersection(*usual) - {"rows_in_words", "field"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", ["inquiry", "event_registration", "speaker_submission"])
def test_typed_text_is_quoted_line_by_line(
    rendered: list[Rendered], form: str, language: str
) -> None:
    (text,) = (
        content.text
        for letter, content in rendered
        if (letter.template, letter.case, letter.language)
        == (f"{form}/notice", "hostile", language)
    )
    lines = text.splitlines()
    for typed in HOSTILE.long_text.splitlines():
        beginning = typed[:40].strip()
        assert not any(line.strip().startswith(beginning) for line in lines if beginning)
        assert not beginning or any(line.startswith(f"> {beginning}") for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_of_one_action_are_in_both_parts(rendered: list[Rendered], language: str) -> None:
    """Who has something to do finds it: those for whom a page exists, and nobody else."""
    with_action = {
        letter.template
        for letter, content in rendered
        if letter.language == language
        and letter.case == "usual"
        and 'class="button"' in content.html
    }
    assert with_action == set(folders()) - {
        "inquiry/received", "event_registration/received", "nomination/received",
        "speaker_submission/received", "club/ad_hoc_expired", "club/duty_delinquents",
        "reports/scheduled", "notices/digest",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "one", "several"),
    [
        ("en", "Your seat is reserved;", "Your 2 seats are reserved;"),
        ("de", "Ihr Platz ist reserviert;", "Ihre 2 Plätze sind reserviert;"),
    ],
)
def test_one_seat_is_not_counted(language: str, one: str, several: str) -> None:
    renderer = shipped_renderer()
    name = "event_registration/received"
    for seats, words in ((1, one), (2, several)):
        context = renderer.sample(name, language) | {"seats": seats}
        content = renderer.render(name, context, language=language)
        assert words in content.text
        assert words in content.html


def test_labels_are_compiled() -> None:
    assert out_of_date() == []
