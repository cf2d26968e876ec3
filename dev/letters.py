"""`python -m dev.letters [--write]`: the shipped letters in each language, and their phrases.

Without `--write` it says what is untranslated, half or out of date, and exits 1 if anything is.
With it, phrases that templates use are added to each `shared/locale/*/LC_MESSAGES/postroom.po`,
those that nothing uses are deleted, and the `.mo` files are written. A new language is a new
folder there with a copy of the German `postroom.po`, its translations replaced.
"""

import sys
from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import extract_from_ast

from dev.keeper import ROOT
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.shared.rendering.languages import PLAIN
from postroom.shared.rendering.wording.phrases import CATALOGUES, IN_CODE, Place, pieces
from postroom.shared.rendering.wording.translations import translations

_PLURAL = tuple[str, str]


def folders() -> list[Path]:
    """The folders of all templates that Postroom ships."""
    return [*sorted(ROOT.glob("web/systems/*/postroom_templates")), TEMPLATES]


def phrases() -> dict[str | _PLURAL, list[str]]:
    """Each phrase of the shipped templates, with the files that use it."""
    found: dict[str | _PLURAL, list[str]] = {phrase: ["filters"] for phrase in IN_CODE}
    environment = jinja2.Environment(autoescape=True)
    for folder in folders():
        for file in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")]):
            tree = environment.parse(file.read_text(encoding="utf-8"))
            names = ("_", "gettext", "ngettext")
            for _, function, said in extract_from_ast(tree, names, babel_style=False):
                given = said if isinstance(said, tuple) else (said,)
                texts = tuple(text for text in given if isinstance(text, str))
                phrase = (texts[0], texts[1]) if function == "ngettext" else texts[0]
                found.setdefault(phrase, []).append(file.relative_to(folder).as_posix())
    return found


def catalogues() -> list[Path]:
    """The .po files."""
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/postroom.po"))


def problems() -> Iterator[str]:
    """What is untranslated, half or out of date; each with what to do."""
    found = translations(TemplateFolders(folders()), PLAIN)
    yield from found.half
    languages = {tag for tag in found.missing if tag != PLAIN}
    for tag in sorted(languages):
        for name in found.missing[tag]:
            yield f"{name}: has no {tag} variant, but other letters have"
    known = {file.parts[-3].replace("_", "-") for file in catalogues()}
    for tag in sorted(languages - known):
        yield f"shared/locale/{tag}: there is no postroom.po with the layout's phrases"
    for file in catalogues():
        yield from _of_catalogue(file)


def _of_catalogue(file: Path) -> Iterator[str]:
    name = file.relative_to(CATALOGUES.parent.parent).as_posix()
    catalogue = _read(file)
    wanted = phrases()
    for phrase in wanted:
        message = catalogue.get(phrase if isinstance(phrase, str) else phrase[0])
        said = [message.string] if message and isinstance(message.string, str) else []
        if message and not said:
            said = list(message.string or ())
        if not said or not all(said) or (message and message.fuzzy):
            yield f"{name}: {phrase!r} is not translated"
        elif any(_places(text) - _places(phrase) for text in said):
            yield f"{name}: the translation of {phrase!r} names a variable that it does not have"
    unused = {m.id for m in catalogue if m.id} - set(wanted)
    for phrase in sorted(map(str, unused)):
        yield f"{name}: nothing uses {phrase!r}; run python -m dev.letters --write"
    compiled = file.with_suffix(".mo")
    if not compiled.is_file() or _said(compiled.read_bytes()) != _said(_compiled(catalogue)):
        yield f"{name}: postroom.mo is not current; run python -m dev.letters --write"


def write() -> None:
    """Bring each catalogue up to date with the templates, and compile it."""
    wanted = phrases()
    for file in catalogues():
        old = _read(file)
        new = _empty(file.parts[-3], old)
        for phrase in sorted(wanted, key=str):
            known = old.get(phrase if isinstance(phrase, str) else phrase[0])
            places = [(name, 0) for name in sorted(set(wanted[phrase]))]
            new.add(phrase, known.string if known else None, locations=places)
        with file.open("wb") as opened:
            write_po(opened, new, width=100, include_lineno=False, omit_header=False)
        file.with_suffix(".mo").write_bytes(_compiled(_read(file)))


def _empty(language: str, old: Any) -> Any:
    """A catalogue whose header changes with the language only."""
    return Catalog(
        locale=language,
        header_comment=old.header_comment,
        project="Postroom",
        version="1",
        msgid_bugs_address=" ",
        last_translator=" ",
        language_team=" ",
        creation_date=old.creation_date,
        revision_date=old.creation_date,
        fuzzy=False,
    )


def _said(compiled: bytes) -> dict[Any, str]:
    """The phrases of an .mo file, without its header, which names Babel's version."""
    known: dict[Any, str] = vars(GNUTranslations(BytesIO(compiled)))["_catalog"]
    return {phrase: said for phrase, said in known.items() if phrase}


def _read(file: Path) -> Any:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.parts[-3])


def _compiled(catalogue: Any) -> bytes:
    written = BytesIO()
    write_mo(written, catalogue)
    return written.getvalue()


def _places(phrase: str | _PLURAL) -> set[str]:
    texts = (phrase,) if isinstance(phrase, str) else phrase
    names = {part.name for text in texts for part in pieces(text) if isinstance(part, Place)}
    return names | ({"num"} if isinstance(phrase, tuple) else set())


def main() -> int:
    """Check or write; the exit status."""
    if sys.argv[1:] == ["--write"]:
        write()
    found = list(problems())
    for problem in found:
        print(problem, file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
