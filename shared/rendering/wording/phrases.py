"""Phrases of layouts and templates in the language of the e-mail: `_()` and `ngettext()`.

The catalogues are gettext's: `locale/de/LC_MESSAGES/postroom.mo` in a template folder of the site,
then Postroom's own in `shared/locale`. A phrase that no catalogue has stays as it is written.
A phrase is text, never markup, and names its variables: `_("Sent by %(name)s.", name=site_name)`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Protocol

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from postroom.shared.rendering.budget import RefusedValueError, current

CATALOGUES: Final = Path(__file__).parents[2] / "locale"
NAMES: Final = frozenset({"_", "gettext"})
# Phrases of our own code, beside those of templates.
MOMENT: Final = "%(date)s at %(time)s"
UNSUBSCRIBE: Final = "Unsubscribe from this list: %(link)s"
IN_CODE: Final = (MOMENT, UNSUBSCRIBE)
_PLACE: Final = re.compile(r"%(?:(%)|\((\w+)\)s)")


class Phrases(Protocol):
    """What gettext's translations offer, as far as templates need it."""

    def gettext(self, message: str) -> str:
        """The phrase in the language."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form of the phrase that the language has for `n`."""


class _Untranslated:
    """Phrases as they are written: without a catalogue, gettext need not be loaded."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return msgid1 if n == 1 else msgid2


def catalogue(language: str, folders: Sequence[Path]) -> Phrases:
    """The phrases in `language`, those of the first of `folders` first; `de` also serves `de-AT`.

    Raises:
        OSError, ValueError, UnicodeDecodeError: a catalogue cannot be read.
    """
    files = [
        folder / name / "LC_MESSAGES" / "postroom.mo"
        for folder in (*(place / "locale" for place in folders), CATALOGUES)
        for name in _names(language)
    ]
    files = [file for file in files if file.is_file()]
    if not files:
        return _Untranslated()
    from gettext import GNUTranslations

    first, *others = [GNUTranslations(BytesIO(file.read_bytes())) for file in files]
    for one in others:
        first.add_fallback(one)
    return first


def _names(language: str) -> list[str]:
    """`pt_BR`, `pt-BR` and `pt` for `pt-BR`."""
    parts = language.split("-")
    shorter = ["-".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return list(dict.fromkeys(form for one in shorter for form in (one.replace("-", "_"), one)))


def functions(phrases: Phrases) -> dict[str, Callable[..., str]]:
    """What templates call: `_`, `gettext` and `ngettext`, each charged to the run's budget."""

    def say(phrase: str, /, **values: Any) -> str:
        return _filled(phrases.gettext(str(phrase)), values)

    def count(one: str, several: str, number: int, /, **values: Any) -> str:
        if not isinstance(number, int):
            raise RefusedValueError(f"ngettext counts with whole numbers, and {number!r} is none")
        return _filled(phrases.ngettext(one, several, number), {"num": number, **values})

    return {"_": say, "gettext": say, "ngettext": count}


def _filled(phrase: str, values: Mapping[str, Any]) -> str:
    if not values:
        return phrase
    parts: list[str] = []
    for part in pieces(phrase):
        value = part if isinstance(part, str) else _value(phrase, part.name, values)
        current().value(value)
        parts.append(str(value))
    text = "".join(parts)
    current().text(len(text))
    return text


def _value(phrase: str, name: str, values: Mapping[str, Any]) -> Any:
    if name not in values:
        raise RefusedValueError(f"the phrase {phrase!r} names {name!r}, which it is not given")
    return values[name]


class Place:
    """Where a phrase has a variable."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def pieces(phrase: str) -> list[str | Place]:
    """Text and places of a phrase, in order; `%%` is a percent sign."""
    found: list[str | Place] = []
    end = 0
    for place in _PLACE.finditer(phrase):
        found.append(phrase[end : place.start()] + (place[1] or ""))
        if place[2]:
            found.append(Place(place[2]))
        end = place.end()
    found.append(phrase[end:])
    return [piece for piece in found if piece != ""]


class Translation(NodeTransformer):
    """Puts a phrase that is known when the template is loaded in the place of its call.

    So that layouts cost no call per e-mail (see what-speed-costs: phrases at load).
    """

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._made: dict[int, nodes.Concat] = {}  # by id; kept, so that no id is used again

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        """`{{ _("...") }}` becomes text and variables of the output itself."""
        self.generic_visit(node)
        node.nodes = [
            one
            for child in node.nodes
            for one in (self._made[id(child)].nodes if id(child) in self._made else [child])
        ]
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        """The phrase with its variables, if all of it is known."""
        self.generic_visit(node)
        said = self._said(node)
        if said is None:
            return node
        values: dict[str, nodes.Expr] = {pair.key: pair.value for pair in node.kwargs}
        parts: list[nodes.Expr] = []
        for part in (pieces(said) if values else []) or [said]:
            if isinstance(part, str):
                parts.append(nodes.Const(part, lineno=node.lineno))
            elif part.name in values:
                parts.append(values[part.name])
            else:
                return node  # fails with a reason when it is called
        if len(parts) == 1:
            return parts[0]
        whole = nodes.Concat(parts, lineno=node.lineno)
        self._made[id(whole)] = whole
        return whole

    def _said(self, node: nodes.Call) -> str | None:
        if not isinstance(node.node, nodes.Name) or node.node.name not in NAMES:
            return None
        if len(node.args) != 1 or node.dyn_args or node.dyn_kwargs:
            return None
        phrase = node.args[0]
        if not isinstance(phrase, nodes.Const) or not isinstance(phrase.value, str):
            return None
        return self._phrases.gettext(phrase.value)
