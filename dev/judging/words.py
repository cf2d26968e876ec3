"""What is wrong with the words of an e-mail: columns, spaces, numbers, languages, links (pure)."""

import re
from collections.abc import Iterator
from typing import Final

from dev.judging.page import Page
from postroom.shared.rendering.renderer import Content

WIDTH: Final = 78  # RFC 5322 2.1.1
_LONGEST_SUBJECT: Final = 300
_LINK: Final = re.compile(r"https?://[^\s<>]+")
# One of something in the plural. Words that end so without being a plural are not after a number.
_ONE: Final = {
    "en": re.compile(
        r"(?<![\d.,])1 (?:more )?(?:active )?(?:agreements|days|events|flights|issues|items|"
        r"lessons|logsheets|members|rows|seats|students|teachers|times|tutors)\b"
    ),
    "de": re.compile(
        r"(?<![\d.,])1 (?:Flüge|Lehrkräfte|Meldungen|Mitglieder|Plätze|Startkladden|Tage|Termine|"
        r"Unterrichtsstunden|Vereinbarungen|Zeilen|weitere)\b"
    ),
}
# Words that the other language does not have.
_ENGLISH: Final = frozenset(
    {"and", "the", "you", "your", "this", "is", "of", "please", "with", "because", "has", "from"}
)
_GERMAN: Final = frozenset(
    {"und", "der", "die", "das", "sie", "ihre", "ist", "nicht", "bitte", "mit", "weil", "von"}
)
_ODD: Final = re.compile(r"\{\{|\}\}|\{%|\bNone\b|\bTrue\b|\bFalse\b|\(\)|\( | \)| ,|,,| \.(?!\w)")


def problems(content: Content, page: Page, language: str, *, own_words: bool) -> Iterator[str]:
    """What is wrong with subject, text and HTML together.

    `own_words`: nothing in it was typed by people, so that its language can be judged.
    """
    yield from _subject(content.subject)
    yield from _text(content.text)
    if not page.preheader.strip():
        yield "no preheader"
    for line in page.words.splitlines():
        if re.search(r"\S[ \xa0]{2,}\S", line):
            yield f"two spaces in {line.strip()[:60]!r}"
    # Once: in both parts, or only in one; a link that stands in one part only is a defect.
    links, written = sorted(set(page.links)), sorted(set(_LINK.findall(content.text)))
    if own_words and links != written:
        yield f"links differ: {links} in HTML, {written} in the text"
    if missing := set(links) - set(written):
        yield f"links that the text has not: {sorted(missing)}"
    if own_words:
        yield from _language(content, page, language)


def _subject(subject: str) -> Iterator[str]:
    if not subject.isprintable() or len(subject) > _LONGEST_SUBJECT:
        yield "the subject is too long, or has control characters"
    if "  " in subject:
        yield "two spaces in the subject"


def _text(text: str) -> Iterator[str]:
    for line in text.splitlines():
        word = line.lstrip("> *").removeprefix("<").strip()
        if len(line) > WIDTH and " " in word:
            yield f"a line of {len(line)} characters: {line[:60]!r}"
        if line != line.rstrip() and line != "> ":
            yield f"spaces at the end of {line[:60]!r}"
    if "\n\n\n" in text:
        yield "several empty lines together"
    if "\t" in text:
        yield "a tab"


def _language(content: Content, page: Page, language: str) -> Iterator[str]:
    whole = "\n".join([content.subject, content.text, page.preheader, page.words])
    if found := _ODD.search(whole):
        yield f"odd signs: {whole[max(0, found.start() - 20) : found.end() + 20]!r}"
    if found := _ONE[language].search(whole):
        yield f"one of several: {found[0]!r}"
    if re.search(r"\bUTC\b", whole):
        yield "UTC, where readers have a zone of their own"
    other = _GERMAN if language == "en" else _ENGLISH
    words = set(re.findall(r"\b[a-z]+\b", _without_layout(whole).lower()))
    if strange := words & other:
        yield f"words of another language: {sorted(strange)}"


def _without_layout(text: str) -> str:
    """Without what the layout says, which is judged with the layout."""
    return re.sub(r"Sent automatically by [^.]*\.|This e-mail was sent automatically\.", "", text)
