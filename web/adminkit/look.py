"""The look of our admin pages: django-unfold's where the site has that app, else Django's own.

In the first case cards, buttons and badges are unfold's, in the second markup and style of ours.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

IN_UNFOLD: Final = apps.is_installed("unfold")

# Both looks take the same variables.
_PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "card": ("admin/postroom/django/card.html", "unfold/components/card.html"),
    "button": ("admin/postroom/django/button.html", "unfold/components/button.html"),
    "badge": ("admin/postroom/django/badge.html", "unfold/helpers/label.html"),
    "pages": ("", "admin/postroom/unfold/pages.html"),
}


def template_of(part: str) -> str:
    """The template that draws `part` in this site's look; empty: the admin draws it itself."""
    return _PARTS[part][IN_UNFOLD]


def badge(text: str, colour: str, *, icon: str = "", hint: str = "") -> SafeString:
    """A coloured label.

    `colour`: info, primary, success, warning, danger, or empty for grey. `icon`: the name of a
    Material symbol, which only unfold draws. `hint`: shown on hover.
    """
    shown = {"text": text, "type": colour, "icon": icon, "label_title": hint}
    return render_to_string(template_of("badge"), shown)


def display(
    function: Callable[..., Any] | None = None,
    *,
    label: Mapping[str, str] | None = None,
    **options: Any,
) -> Callable[..., Any]:
    """`django.contrib.admin.display`, with unfold's `label`: the colour by value.

    The column returns a pair of value and text, or a text that is the value too.
    """

    def decorate(column: Callable[..., Any]) -> Callable[..., Any]:
        named: Callable[..., Any] = admin.display(**options)(column)
        if label is None:
            return named
        if IN_UNFOLD:
            named.label = label  # type: ignore[attr-defined]  # read by unfold's lists
            return named

        @wraps(named)
        def coloured(*arguments: Any) -> Any:
            value = named(*arguments)
            key, text = value if isinstance(value, tuple) else (value, value)
            return badge(text, label.get(key, "")) if text else text

        coloured.label = label  # type: ignore[attr-defined]
        return coloured

    return decorate if function is None else decorate(function)
