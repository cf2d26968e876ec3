"""Reads templates from disk, with the colours of the site's brand in their CSS."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2

_COLOUR: Final = re.compile(r"\{\{\s*(brand_\w*colour)\s*\}\}")


class Loader(jinja2.FileSystemLoader):
    """Puts colours in when a file is read: CSS is inlined before there are any variables."""

    def __init__(self, folders: Sequence[Path], variables: Mapping[str, Any]) -> None:
        super().__init__(folders)
        self._variables = variables

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """The file's text, name, and whether it is still the same."""
        source, name, uptodate = super().get_source(environment, template)
        if "brand_" in source:
            source = _COLOUR.sub(self._colour, source)
        return source, name, uptodate

    def _colour(self, found: re.Match[str]) -> str:
        value = self._variables.get(found[1])
        return found[0] if value is None else str(value)
