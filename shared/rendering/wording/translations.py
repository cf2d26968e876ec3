"""What is untranslated and what is half, among the templates of some folders."""

from dataclasses import dataclass

from postroom.shared.rendering import languages
from postroom.shared.rendering.folders import TemplateFolders
from postroom.shared.rendering.wording.variants import variants_of


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
    places = {name: folders.find(name) for name in folders.names()}
    found = {name: variants_of(place) for name, place in places.items()}
    known = {
        name: [languages.plain_language(places[name], site_language, one.complete), *one.complete]
        for name, one in found.items()
    }
    # A plain template counts as its language, but asks for no other template in it.
    wanted = {tag for one in found.values() for tag in one.complete}
    missing = {
        tag: tuple(name for name in found if not languages.serves(tag, known[name]))
        for tag in wanted
    }
    half = (f"{name}: {problem}" for name, one in found.items() for problem in one.problems)
    return Translations(tuple(half), missing, len(found))
