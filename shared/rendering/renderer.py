"""Renders an e-mail's template, or the bodies given for it, to subject, text and HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from postroom.shared.errors import TemplateError, TemplateNotFoundError
from postroom.shared.header_rules import without_controls
from postroom.shared.rendering.budget import MAX_CHARACTERS, RefusedValueError
from postroom.shared.rendering.css import inline_css
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.shared.rendering.links import check_html
from postroom.shared.rendering.needs import Needs
from postroom.shared.rendering.problem import explain
from postroom.shared.rendering.run import Variables, run, run_plain
from postroom.shared.rendering.sandbox import sandbox
from postroom.shared.rendering.source import prepare

__all__ = ["Content", "Renderer", "TemplateError", "TemplateNotFoundError"]


class Content(NamedTuple):
    """What a mail client shows. `subject` is one line; `html` is '' when there is none."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class _Part:
    """One file, compiled as `prepare` returned it; `original`: the file itself, for error lines."""

    name: str
    compiled: jinja2.Template
    original: jinja2.Template
    needs: Needs | None
    inline_after: bool = False
    check_links: bool = False  # after each rendering, because the template alone does not show them


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a template; `needs`: what makes rendering HTML and text certain to work."""

    subject: _Part | None
    html: _Part | None
    text: _Part | None
    needs: Needs | None


class Renderer:
    """Templates by path, compiled once and kept; one is enough for a process and its threads.

    `extra_dirs` are a site's own folders (EMAIL_TEMPLATE_DIRS), searched before `shared/templates`;
    a template folder found in one of them provides all its files. With `auto_reload` every render
    reads the files again: for previews while an author edits a template. `max_bytes` is what one
    rendered part may take in UTF-8.
    """

    def __init__(
        self,
        extra_dirs: Sequence[Path] = (),
        *,
        auto_reload: bool = False,
        max_bytes: int = MAX_CHARACTERS,
    ) -> None:
        self._folders = TemplateFolders((*map(Path, extra_dirs), TEMPLATES))
        self._environment = sandbox(self._folders.places, auto_reload=auto_reload)
        self._prepared = self._environment.overlay(
            trim_blocks=False, lstrip_blocks=False, keep_trailing_newline=True
        )
        self._auto_reload = auto_reload
        self._max_bytes = max_bytes
        self._loaded: dict[str, _Parts] = {}

    def render(
        self,
        template_path: str,
        context: Mapping[str, Any],
        *,
        subject: str = "",
        text: str = "",
    ) -> Content:
        """Render a template folder (`inquiry/received`) or one file (`inquiry/received.html`).

        `subject` wins over the folder's subject.txt, and `text` over its body.txt. `context` is
        plain data, as in JSON. Raises TemplateError, which another try would raise
        again, or TemplateNotFoundError.
        """
        parts = self._parts(template_path)
        variables = Variables(self._environment.globals, **context)
        line = self._subject(template_path, parts, variables, subject)
        html = self._run(parts.html, variables) if parts.html else ""
        if parts.html and parts.html.inline_after:
            html = inline_css(html)
        if not text:
            text = self._run(parts.text, variables).strip() + "\n" if parts.text else _text_of(html)
        return Content(line, text, html)

    def check(self, template_path: str, context: Mapping[str, Any], *, subject: str = "") -> str:
        """Make sure that every part can be rendered; return the subject `render` will give.

        A template whose `Needs` are met is not rendered, to keep the web request that queues the
        e-mail short. Raises what `render` raises.
        """
        parts = self._parts(template_path)
        line = _one_line(subject)
        sure = parts.needs is not None and parts.needs.met(context, self._max_bytes)
        if not (sure and line):
            variables = Variables(self._environment.globals, **context)
            line = self._subject(template_path, parts, variables, line)
            for part in (parts.html, parts.text):
                if part and not sure:
                    self._run(part, variables)
        return line

    def from_bodies(self, *, subject: str, html: str, text: str) -> Content:
        """The given bodies; a <style> is inlined, a missing text is derived from the HTML."""
        inlined = inline_css(html)
        return Content(_one_line(subject), text or _text_of(inlined), inlined)

    def names(self) -> list[str]:
        """Every template folder, as `template_path` names it, sorted."""
        return self._folders.names()

    def sample(self, template_path: str) -> dict[str, Any]:
        """The variables of the folder's sample.json, {} when it has none.

        Raises TemplateNotFoundError for an unknown template, TemplateError for broken JSON.
        """
        return self._folders.sample(template_path)

    def _parts(self, template_path: str) -> _Parts:
        """The compiled parts. Two threads may compile the same ones; the last result is kept."""
        found = self._loaded.get(template_path)
        if found is None or self._auto_reload:
            place = self._folders.find(template_path)
            subject, html, text = (
                (None, self._load(template_path), None)
                if place.is_file()
                else (
                    self._load(f"{template_path}/{file}") if (place / file).is_file() else None
                    for file in ("subject.txt", "body.html", "body.txt")
                )
            )
            needs = Needs.of_all([part.needs for part in (html, text) if part])
            found = _Parts(subject, html, text, needs)
            self._loaded[template_path] = found
        return found

    def _load(self, name: str) -> _Part:
        try:
            original = self._environment.get_template(name)
            # Jinja2 copies its ChainMap of globals for every render: see what-speed-costs: globals.
            original.globals = dict(original.globals)
            if not name.endswith(".html"):
                needs = Needs.of(self._environment, self._source(name), name)
                return _Part(name, original, original, needs)
            source, certain = prepare(self._environment, name)
            if source is None:
                needs = Needs.of(self._environment, self._source(name), name) if certain else None
                return _Part(
                    name, original, original, needs, inline_after=True, check_links=not certain
                )
            needs = Needs.of(self._prepared, source, name) if certain else None
            code = self._prepared.compile(source, name)
            compiled = self._prepared.template_class.from_code(
                self._prepared, code, self._prepared.globals
            )
            return _Part(name, compiled, original, needs, check_links=not certain)
        except Exception as error:
            raise explain(error, name, self._source) from error

    def _run(self, part: _Part, variables: Variables) -> str:
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

    def _source(self, name: str) -> str:
        loader = self._environment.loader
        return loader.get_source(self._environment, name)[0] if loader else ""

    def _subject(self, template_path: str, parts: _Parts, variables: Variables, given: str) -> str:
        line = _one_line(given)
        if not line and parts.subject:
            line = _one_line(self._run(parts.subject, variables))
        if not line:
            reason = "there is no subject. Give one with the e-mail or write it in subject.txt."
            raise TemplateError(template_path, reason)
        return line


def _text_of(html: str) -> str:
    # lxml takes 4 MB of memory; templates with a body.txt do not need it.
    from postroom.shared.rendering.plain_text import text_of

    return text_of(html)


def _one_line(subject: str) -> str:
    """One line without control characters, which a variable may have brought."""
    return without_controls(" ".join(subject.split()))
