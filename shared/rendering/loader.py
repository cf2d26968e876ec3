"""Reads templates from disk, with the brand's colours and the sides of the writing in their CSS."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import jinja2

_CONSTANT: Final = re.compile(r"\{\{\s*(brand_\w*colour|brand_logo\w*|_start|_end)\s*\}\}")


class Loader(jinja2.FileSystemLoader):
    """Puts constants in when a file is read: CSS is inlined before there are any variables."""

    def __init__(self, folders: Sequence[Path], variables: Mapping[str, Any]) -> None:
        super().__init__(folders)
        self._variables = variables

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """The file's text, name, and whether it is still the same."""
        source, name, uptodate = super().get_source(environment, template)
        return _CONSTANT.sub(self._constant, source), name, uptodate

    def _constant(self, found: re.Match[str]) -> str:
        value = self._variables.get(found[1])
        return found[0] if value is None else str(value)
