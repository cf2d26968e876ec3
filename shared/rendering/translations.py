"""What is untranslated and what is half, among the templates of some folders."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from postroom.shared.rendering import languages
from postroom.shared.rendering.folders import TemplateFolders
from postroom.shared.rendering.variants import variants_of


@dataclass(frozen=True, slots=True)
class Translations:
    """`half`: variants that are not used, each with the reason. `missing`: by language, the
    templates without it; only languages that some template has. `count`: all templates."""

    half: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]
    count: int

    def summary(self) -> str:
        """How many templates each language has, such as `12 in de of 14`; '' for one language."""
        found = [
            f"{self.count - len(paths)} in {tag}" for tag, paths in sorted(self.missing.items())
        ]
        return f"{', '.join(found)} of {self.count}" if found else ""


def translations(folders: TemplateFolders, site_language: str) -> Translations:
    """What the templates of `folders` have; `site_language`: LANGUAGE_CODE."""
    names = folders.names()
    known = {name: _languages(folders, name, site_language) for name in names}
    # A plain template counts as its language, but asks for no other template in it.
    wanted = Counter(tag for name in names for tag in variants_of(folders.find(name)).complete)
    missing = {
        tag: tuple(name for name in names if not languages.serves(tag, known[name]))
        for tag in wanted
    }
    return Translations(tuple(_half(folders, names)), missing, len(names))


def _languages(folders: TemplateFolders, name: str, site_language: str) -> list[str]:
    place = folders.find(name)
    tags = variants_of(place).complete
    return [languages.plain_language(place, site_language, tags), *tags]


def _half(folders: TemplateFolders, names: list[str]) -> Iterator[str]:
    for name in names:
        for problem in variants_of(folders.find(name)).problems:
            yield f"{name}: {problem}"
