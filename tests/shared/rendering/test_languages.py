"""Variants of a template by language, phrases, and dates and numbers as it writes them."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from postroom.shared.rendering.folders import TemplateFolders
from postroom.shared.rendering.languages import direction, tag
from postroom.shared.rendering.renderer import Renderer, TemplateError
from postroom.shared.rendering.wording.translations import translations


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", "-").replace("_", ".")).write_text(text, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The template `t` in the site's language, German, and in Hebrew."""
    write(
        tmp_path / "t",
        subject_txt="Hello",
        body_html='{% extends "layout/base.html" %}{% block content %}{{ language }}{% endblock %}',
        body_txt="plain {{ language }} {{ dir }}",
        subject_DE_txt="Hallo",
        body_de_html='{% extends "t/body.html" %}',
        body_de_txt="deutsch {{ language }} {{ dir }}",
        subject_he_txt="x",
        body_he_html='{% extends "t/body.html" %}',
        body_he_txt="{{ language }} {{ dir }}",
    )
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "site", "text", "subject", "shown"),
    [
        ("de", "fr", "deutsch de ltr", "Hallo", "de"),
        ("de-AT", "fr", "deutsch de ltr", "Hallo", "de"),
        ("DE_at", "fr", "deutsch de ltr", "Hallo", "de"),
        ("he", "fr", "he rtl", "x", "he"),
        ("it", "de-CH", "deutsch de ltr", "Hallo", "de"),
        ("", "de", "deutsch de ltr", "Hallo", "de"),
        ("", "fr", "plain fr ltr", "Hello", "fr"),
        ("it", "fr", "plain fr ltr", "Hello", "fr"),
        # A variant is in the site's language, so the plain files are not: they count as English.
        ("en-GB", "de", "plain en ltr", "Hello", "en"),
        # The plain files are the site's own language, and so a variant like the others.
        ("fr-CA", "fr", "plain fr ltr", "Hello", "fr"),
    ],
)
def test_the_e_mails_language_wins_then_the_sites_then_the_plain_files(
    folder: Path, asked: str, site: str, text: str, subject: str, shown: str
) -> None:
    renderer = Renderer([folder], language=site)
    content = renderer.render("t", {}, language=asked)
    assert (content.text, content.subject, content.language) == (f"{text}\n", subject, shown)
    assert f'<html lang="{shown}" dir="{direction(shown)}">' in content.html
    assert renderer.check("t", {}, language=asked) == subject
    assert renderer.language_of("t", asked) == shown


def test_english_reader_of_a_german_site_gets_the_shipped_english(folder: Path) -> None:
    content = Renderer(language="de").render("layout/base.html", {}, subject="s", language="en-GB")
    assert '<html lang="en" dir="ltr">' in content.html
    assert "This e-mail was sent automatically." in content.html
    # No language was asked for, and there is one only: the message need not name it.
    assert Renderer(language="de").render("layout/base.html", {}, subject="s").language == ""


def test_context_keeps_its_own_language_and_the_layout_the_letters(folder: Path) -> None:
    content = Renderer([folder]).render("t", {"language": "Latin", "dir": "up"}, language="de")
    assert content.text == "deutsch Latin up\n"
    assert '<html lang="de" dir="ltr">' in content.html


def test_layout_speaks_the_language_of_the_letter(folder: Path) -> None:
    renderer = Renderer([folder])
    content = renderer.render("t", {"site_name": "A & B"}, language="de")
    assert "Automatisch versendet von A &amp; B." in content.html
    assert "Sent automatically by A &amp; B." in renderer.render("t", {"site_name": "A & B"}).html


def test_half_a_variant_is_not_used_and_the_check_names_what_is_missing(folder: Path) -> None:
    (folder / "t/body.de.txt").unlink()
    write(folder / "t", body_nonsense99999_txt="", body_he_HTML="")
    write(folder / "u", body_html="<p>")
    assert Renderer([folder], language="fr").render("t", {}, language="de").text.startswith("plain")
    found = translations(TemplateFolders([folder]), "fr")
    assert found.half == (
        "t: body.nonsense99999.txt: 'nonsense99999' is not a language tag such as de or pt-BR",
        "t: de has no body.de.txt, so it is not used: add it",
    )
    assert found.missing == {"he": ("u",)}
    assert found.summary() == "1 in he of 2"


def test_phrases_come_from_the_sites_catalogue_first(tmp_path: Path) -> None:
    write(
        tmp_path / "t",
        body_html="<p>{{ _('Hi %(who)s, 100%% & more', who=who) }} {{ _(say) }}</p>"
        "{{ ngettext('%(num)s row', '%(num)s rows', n) }}",
        body_ru_html="{% extends 't/body.html' %}",
    )
    catalogue = Catalog(locale="ru")
    catalogue.add("Hi %(who)s, 100%% & more", "Привет, %(who)s <100%%>")
    rows = ("%(num)s row", "%(num)s rows")
    catalogue.add(rows, ("%(num)s ряд", "%(num)s ряда", "%(num)s рядов"))
    file = tmp_path / "locale/ru/LC_MESSAGES/postroom.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_mo(opened, catalogue)
    renderer = Renderer([tmp_path])

    def html(language: str, n: int) -> str:
        context = {"who": "<A>", "say": "100%", "n": n}
        return renderer.render("t", context, subject="s", language=language).html

    assert html("ru", 2) == "<p>Привет, &lt;A&gt; &lt;100%&gt; 100%</p>2 ряда"
    assert html("ru", 5).endswith("5 рядов")
    assert html("en", 1) == "<p>Hi &lt;A&gt;, 100% &amp; more 100%</p>1 row"
    with pytest.raises(TemplateError, match="ngettext counts with whole numbers"):
        renderer.render("t", {"who": "", "say": "", "n": "x"}, subject="s")
    file.write_bytes(b"nonsense")
    with pytest.raises(TemplateError, match=r"locale/ru: .*cannot be read"):
        Renderer([tmp_path]).render("t", {}, subject="s", language="ru")


def test_a_catalogue_of_a_layout_costs_no_rendering_at_the_call(tmp_path: Path) -> None:
    write(
        tmp_path / "t", body_html="{{ _('Hi %(who)s', who=who) }} {{ language }}", body_de_html="x"
    )
    # Would raise if it were rendered: that is how `check` shows that it looks at names only.
    assert Renderer([tmp_path]).check("t", {"who": "Ann"}, subject="s") == "s"
    with pytest.raises(TemplateError, match="'who' is missing"):
        Renderer([tmp_path]).check("t", {}, subject="s")


def rendered(tmp_path: Path, expression: str, value: object, language: str) -> str:
    write(tmp_path / "t", body_txt="", subject_txt="s")
    write(tmp_path / "t", **{f"body_{language.replace('-', '__')}_txt": f"{{{{ {expression} }}}}"})
    write(tmp_path / "t", **{f"subject_{language.replace('-', '__')}_txt": "s"})
    renderer = Renderer([tmp_path])
    text = renderer.render("t", {"x": value}, language=language).text
    return text.strip().replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("expression", "value", "english", "german"),
    [
        ("x|long_date", "2026-03-03", "3 March 2026", "3. März 2026"),
        ("x|short_date", "2026-03-03T23:30:00Z", "3 Mar 2026", "03.03.2026"),
        ("x|long_date('Europe/Berlin')", "2026-03-03T23:30:00Z", "4 March 2026", "4. März 2026"),
        ("x|clock", "14:00", "14:00", "14:00"),
        ("x|clock('Europe/Berlin')", "2026-03-03T13:00:00Z", "14:00", "14:00"),
        (
            "x|local_datetime('Europe/Berlin')",
            "2026-03-03T13:00:00+00:00",
            "3 March 2026 at 14:00 (CET)",
            "3. März 2026 um 14:00 Uhr (MEZ)",
        ),
        (
            "x|local_datetime('Asia/Kolkata')",
            "2026-03-03T13:00",
            "3 March 2026 at 13:00 (UTC+05:30)",
            "3. März 2026 um 13:00 Uhr (UTC+05:30)",
        ),
        (
            "x|local_datetime",
            "2026-03-03T13:00:00Z",
            "3 March 2026 at 13:00 (UTC)",
            "3. März 2026 um 13:00 Uhr (UTC)",
        ),
        ("x|number", 1234567.5, "1,234,567.5", "1.234.567,5"),
        ("x|number(2)", "3", "3.00", "3,00"),
        ("x|percent", 0.915, "92%", "92 %"),
        ("x|percent(1)", 0.915, "91.5%", "91,5 %"),
    ],
)
def test_dates_and_numbers_are_written_as_the_language_does(
    tmp_path: Path, expression: str, value: object, english: str, german: str
) -> None:
    assert rendered(tmp_path / "en", expression, value, "en-GB") == english
    assert rendered(tmp_path / "de", expression, value, "de") == german


FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    ("expression", "value", "problem"),
    [
        ("x|long_date", "soon", "'soon' is not a date or time; give it as 2026-03-03"),
        ("x|long_date", 7, "'int' is not a date or time"),
        ("x|long_date", "14:00", "is a time of day, not a date"),
        ("x|clock('Europe/Berlin')", "14:00:00+02:00", "'14:00:00+02:00' is a time of day with an"),
        ("x|clock", "14:00Z", "'14:00Z' is a time of day with an offset"),
        ("x|long_date('Europe/Berlin')", LAST, f"'{LAST}' is outside the years 1 to 9999"),
        ("x|clock('America/New_York')", FIRST, f"'{FIRST}' is outside the years 1 to 9999"),
        ("x|local_datetime('Asia/Tokyo')", LAST, f"'{LAST}' is outside the years 1 to 9999"),
        ("x|local_datetime", "2026-03-03T13:00", "has no time zone; give one"),
        ("x|local_datetime('Berlin')", "2026-03-03T13:00Z", "'Berlin' is not a time zone"),
        ("x|local_datetime('../x')", "2026-03-03T13:00Z", "is not a time zone"),
        ("x|number", "a lot", "'a lot' is not a number"),
        ("x|number", True, "is not a number"),
        ("x|number", "1e999999", "is not a number"),
        ("x|percent(99)", 1, "percent takes 0 to 20 decimals"),
    ],
)
def test_a_value_that_is_none_is_named(
    tmp_path: Path, expression: str, value: object, problem: str
) -> None:
    with pytest.raises(TemplateError, match=r"t/body\.de\.txt, line 1: refused") as error:
        rendered(tmp_path, expression, value, "de")
    assert problem in str(error.value)


def test_tags_are_written_as_usual_and_scripts_say_the_direction() -> None:
    assert [*map(tag, ("PT_br", "zh-hant-tw", "de"))] == ["pt-BR", "zh-Hant-TW", "de"]
    assert [*map(direction, ("ar-EG", "he", "ur", "az-Arab", "ar-Latn", "de"))] == [
        "rtl", "rtl", "rtl", "rtl", "ltr", "ltr",
    ]  # fmt: skip


def test_many_languages_that_callers_invent_take_no_memory(folder: Path) -> None:
    renderer = Renderer([folder])
    for number in range(300):
        renderer.render("t", {}, language=f"x{number:03}-a".replace("x", "qa"))
    assert len(renderer._compiled) == 1


def test_letters_and_their_phrases_are_complete_in_each_language() -> None:
    from dev.letters import problems

    assert list(problems()) == []
