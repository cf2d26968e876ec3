"""The language of the pages that links in e-mails lead to: what the reader's browser asks for.

Each phrase of these pages has the gettext context `postroom`, so that no catalogue of ours changes
a word of the site's own pages.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation

View = Callable[..., HttpResponse]


def in_readers_language(view: View) -> View:
    """A view whose page is in the browser's language, on a site without LocaleMiddleware too.

    Without a catalogue for that language it is in the site's, and then in English.
    """

    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        language = getattr(request, "LANGUAGE_CODE", "")  # LocaleMiddleware's choice
        with translation.override(language or translation.get_language_from_request(request)):
            return view(request, *arguments, **named)

    return answer


def text_attributes() -> dict[str, str]:
    """`lang` and `dir` of the page: of the catalogue in use, not of the language asked for."""
    language = translation.pgettext("postroom", "en")  # a catalogue names its language here
    return {"lang": language, "dir": "rtl" if _right_to_left(language) else "ltr"}


def _right_to_left(language: str) -> bool:
    try:
        return bool(translation.get_language_info(language)["bidi"])
    except KeyError:
        return False
