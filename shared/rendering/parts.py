"""The parts of a template, compiled and run in one language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from postroom.shared.errors import TemplateError
from postroom.shared.rendering.budget import RefusedValueError
from postroom.shared.rendering.links import check_html
from postroom.shared.rendering.needs import Needs
from postroom.shared.rendering.problem import explain
from postroom.shared.rendering.run import Variables, run, run_plain
from postroom.shared.rendering.sandbox import sandbox
from postroom.shared.rendering.source import prepare


@dataclass(frozen=True, slots=True)
class Part:
    """One file, compiled as `prepare` returned it; `original`: the file itself, for error lines."""

    name: str
    compiled: jinja2.Template
    original: jinja2.Template
    needs: Needs | None
    inline_after: bool = False
    check_links: bool = False  # after each rendering, because the template alone does not show them


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a template in one language; `needs`: what makes rendering HTML and text certain
    to work. `several`: the template has other languages too."""

    compiler: "Compiler"
    subject: Part | None
    html: Part | None
    text: Part | None
    needs: Needs | None
    several: bool = False

    @property
    def language(self) -> str:
        """The tag of its language."""
        return self.compiler.language


class Compiler:
    """Compiles and runs files of templates in one language.

    `has_closing`: the site has set a footer or a postal address, with which its letters end.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        language: str,
        variables: Mapping[str, Any],
        *,
        auto_reload: bool,
        max_bytes: int,
    ) -> None:
        self.language = language
        self.has_closing = bool(variables.get("brand_footer") or variables.get("brand_address"))
        self._environment = sandbox(
            folders, auto_reload=auto_reload, language=language, variables=variables
        )
        self._prepared = self._environment.overlay(
            trim_blocks=False, lstrip_blocks=False, keep_trailing_newline=True
        )
        self._max_bytes = max_bytes

    def parts(self, files: Mapping[str, str], *, several: bool) -> Parts:
        """The compiled parts; `files`: by part, the name of its file below a template folder.

        Raises:
            TemplateError: one cannot be read or compiled.
        """
        subject, html, text = (
            self._load(files[part]) if part in files else None
            for part in ("subject", "html", "text")
        )
        needs = Needs.of_all([part.needs for part in (html, text) if part])
        return Parts(self, subject, html, text, needs, several)

    def variables(self, context: Mapping[str, Any]) -> Variables:
        """The variables of an e-mail, over those that every template has."""
        return Variables(self._environment.globals, **context)

    def phrase(self, phrase: str, **values: str) -> str:
        """A phrase of our own code in this language."""
        say: Any = self._environment.globals["gettext"]
        return str(say(phrase, **values))

    def run(self, part: Part, variables: Variables) -> str:
        """Render one part.

        Raises:
            TemplateError: it cannot be rendered; names the file and the line.
        """
        try:
            output = (run_plain if part.needs else run)(part.compiled, variables, self._max_bytes)
        except Exception:  # noqa: BLE001 - run again below, where it raises with a line
            # The compiled source has other line numbers than the file, so run the file itself.
            try:
                output = run(part.original, variables, self._max_bytes)
            except Exception as error:
                raise explain(error, part.name, self._source) from error
        if part.check_links:
            try:
                check_html(output)
            except RefusedValueError as error:
                raise TemplateError(part.name, f"refused: {error}.") from error
        return output

    def _load(self, name: str) -> Part:
        try:
            original = self._environment.get_template(name)
            # Jinja2 copies its ChainMap of globals for every render: see what-speed-costs: globals.
            original.globals = dict(original.globals)
            if not name.endswith(".html"):
                needs = Needs.of(self._environment, self._source(name), name)
                return Part(name, original, original, needs)
            source, certain = prepare(self._environment, name)
            if source is None:
                needs = Needs.of(self._environment, self._source(name), name) if certain else None
                return Part(
                    name, original, original, needs, inline_after=True, check_links=not certain
                )
            needs = Needs.of(self._prepared, source, name) if certain else None
            code = self._prepared.compile(source, name)
            compiled = self._prepared.template_class.from_code(
                self._prepared, code, self._prepared.globals
            )
            return Part(name, compiled, original, needs, check_links=not certain)
        except Exception as error:
            raise explain(error, name, self._source) from error

    def _source(self, name: str) -> str:
        loader = self._environment.loader
        return loader.get_source(self._environment, name)[0] if loader else ""
