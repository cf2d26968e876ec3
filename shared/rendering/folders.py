"""Finds templates on disk by their path, in a site's own folders first."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from postroom.shared.errors import TemplateError, TemplateNotFoundError

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
_MAX_PATH: Final = 200


class TemplateFolders:
    """The folders that hold templates; the first one that has a path provides all its files."""

    def __init__(self, places: Sequence[Path]) -> None:
        self.places = tuple(places)

    def find(self, template_path: str) -> Path:
        """The folder or .html file of a path; raises TemplateNotFoundError, also if it climbs."""
        steps = template_path.split("/")
        if (
            len(template_path) > _MAX_PATH
            or not all(step and not step.startswith(".") for step in steps)
            or not template_path.isprintable()
            or any(sign in template_path for sign in "\\:")
        ):
            reason = "not a template path; write it like 'inquiry/received', without '..' or '\\'."
            raise TemplateNotFoundError(template_path[:_MAX_PATH], reason)
        for folder in self.places:
            place = folder.joinpath(*steps)
            if place.is_file() if template_path.endswith(".html") else _has_body(place):
                return place
        reason = (
            "there is no such template. A template is a folder with body.html or body.txt, "
            f"or one .html file, below {' or '.join(map(str, self.places))}."
        )
        raise TemplateNotFoundError(template_path, reason)

    def names(self) -> list[str]:
        """Every folder that holds a body, as a template path, sorted."""
        bodies = (
            (folder, body)
            for folder in self.places
            for pattern in ("**/body.html", "**/body.txt")
            for body in folder.glob(pattern)
        )
        return sorted({body.parent.relative_to(folder).as_posix() for folder, body in bodies})

    def sample(self, template_path: str, language: str = "") -> dict[str, Any]:
        """The variables in sample.json, and over them those of sample.<language>.json if present.

        {} without a file. Raises TemplateError for broken JSON.
        """
        place = self.find(template_path)
        files = [place / "sample.json", *([place / f"sample.{language}.json"] if language else [])]
        found: dict[str, Any] = {}
        for file in files:
            if file.is_file():
                found |= _variables(file, f"{template_path}/{file.name}")
        return found


def _variables(file: Path, name: str) -> dict[str, Any]:
    try:
        variables = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise TemplateError(name, f"{error.msg}.", line=error.lineno) from error
    if not isinstance(variables, dict):
        raise TemplateError(name, "it must hold one JSON object.")
    return variables


def _has_body(folder: Path) -> bool:
    return (folder / "body.html").is_file() or (folder / "body.txt").is_file()
