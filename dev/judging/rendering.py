"""Renders sample e-mails in their language, as the mailer would."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any, Final

from dev.judging.letters import Letter
from postroom.shared.rendering.folders import TEMPLATES
from postroom.shared.rendering.renderer import Content, Renderer
from postroom.web.conf import conf

# Whether the renderer chooses among the variants of a template; else they are put in the place of
# the plain files here.
_CHOOSES: Final = "language" in signature(Renderer.render).parameters
PARTS = ("subject.txt", "body.html", "body.txt")


def folders() -> dict[str, Path]:
    """Where each shipped template is, by its path."""
    places = [*(place for place in conf.template_dirs if "systems" in place.parts), TEMPLATES]
    return {
        body.parent.relative_to(place).as_posix(): body.parent
        for place in places
        for body in sorted(place.glob("**/body.html"))
    }


class Renderers:
    """One renderer a language: the plain files, or the variants in place of the plain files."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._made: dict[str, Renderer] = {}

    def render(self, letter: Letter) -> Content:
        """Subject, text and HTML."""
        if letter.language not in self._made:
            self._made[letter.language] = self._renderer(letter.language)
        renderer: Any = self._made[letter.language]
        if _CHOOSES:
            found: Content = renderer.render(
                letter.template, letter.context, language=letter.language
            )
            return found
        return self._made[letter.language].render(
            letter.template, {"language": letter.language, **letter.context}
        )

    def _renderer(self, language: str) -> Renderer:
        if _CHOOSES or language == "en":
            return Renderer(conf.template_dirs)
        for path, folder in folders().items():
            place = self._scratch / language / path
            place.mkdir(parents=True)
            for name in PARTS:
                stem, _, suffix = name.partition(".")
                variant = folder / f"{stem}.{language}.{suffix}"
                if variant.is_file():
                    shutil.copy(variant, place / name)
        return Renderer([self._scratch / language])


@contextmanager
def renderers() -> Iterator[Renderers]:
    """Renderers with a scratch folder, which goes at the end."""
    with tempfile.TemporaryDirectory(prefix="letters-") as folder:
        yield Renderers(Path(folder))
