"""Makes every e-mail that Postroom ships, by the code that sends it and without a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.test import override_settings

from dev.judging.people import HOSTILE, USUAL, Values

LANGUAGES: Final = ("en", "de")
CASES: Final = ("usual", "least", "hostile")
_SITE: Final = {
    "SITE_NAME": "Riverside Club",
    "SITE_URL": "https://postroom.example.org",
    "CONTACT_EMAIL": "office@example.org",
    "STAFF_EMAILS": ["office@example.org"],
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail before it is rendered. `case`: what its data is like, one of CASES."""

    template: str
    case: str
    language: str
    context: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.template} {self.case} {self.language}"


def letters(language: str, case: str) -> list[Letter]:
    """Every shipped e-mail in this language. `least`: one of each, nothing optional, no links."""
    with _site(language, case):
        values = HOSTILE if case == "hostile" else USUAL[language]
        return [
            Letter(template, case, language, context) for template, context in _all(values, case)
        ]


@contextmanager
def _site(language: str, case: str) -> Iterator[None]:
    values = dict(_SITE)
    if case == "least":
        values |= {"SITE_URL": "", "CONTACT_EMAIL": ""}
    known = {"starts": "2026-12-03T18:00", "zone": "Europe/Berlin"}
    details = {HOSTILE.event: known | {"place": HOSTILE.place}}
    for usual in USUAL.values():
        details[usual.event] = known | {"place": usual.place, "seats": "granted"}
    with override_settings(
        LANGUAGE_CODE=language,
        TIME_ZONE="Europe/Berlin",
        SUBMISSION_EVENT_DETAILS={} if case == "least" else details,
        STAFF_EMAILS=values["STAFF_EMAILS"],
        POSTROOM=values,
    ):
        yield


def _all(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    # Imported late: they need Django's settings.
    from dev.judging.systems import agreements, club, others, submissions

    for make in (submissions.mails, agreements.mails, club.mails, others.mails):
        yield from make(values, case)
