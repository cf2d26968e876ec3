"""Renders an e-mail's template, or the bodies given for it, to subject, text and HTML."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from postroom.shared.branding import Brand
from postroom.shared.errors import TemplateError, TemplateNotFoundError
from postroom.shared.header_rules import without_controls
from postroom.shared.rendering import languages
from postroom.shared.rendering.budget import MAX_CHARACTERS
from postroom.shared.rendering.css.inlining import inline_css
from postroom.shared.rendering.folders import TEMPLATES, TemplateFolders
from postroom.shared.rendering.parts import Compiler, Parts
from postroom.shared.rendering.run import Variables
from postroom.shared.rendering.wording.phrases import UNSUBSCRIBE
from postroom.shared.rendering.wording.variants import variants_of

__all__ = ["Content", "Renderer", "TemplateError", "TemplateNotFoundError"]

_MOST_CHOICES: Final = 10_000  # of template and language; callers may ask for any language


class Content(NamedTuple):
    """What a mail client shows. `subject` is one line; `html` is '' when there is none.

    `language`: the tag of the variant that was chosen; '' when no language was asked for and the
    template has one only, and for bodies that a call gave.
    """

    subject: str
    text: str
    html: str
    language: str = ""


class Renderer:
    """Templates by path, compiled once and kept; one is enough for a process and its threads.

    `extra_dirs` are a site's own folders (EMAIL_TEMPLATE_DIRS), searched before `shared/templates`;
    a template folder found in one of them provides all its files. With `auto_reload` every render
    reads the files again: for previews while an author edits a template. `max_bytes` is what one
    rendered part may take in UTF-8. `language` is the site's (LANGUAGE_CODE).
    """

    def __init__(
        self,
        extra_dirs: Sequence[Path] = (),
        *,
        auto_reload: bool = False,
        max_bytes: int = MAX_CHARACTERS,
        language: str = languages.PLAIN,
        brand: Brand = Brand(),  # noqa: B008 - frozen
    ) -> None:
        self._folders = TemplateFolders((*map(Path, extra_dirs), TEMPLATES))
        self._auto_reload = auto_reload
        self._max_bytes = max_bytes
        self._site_language = languages.tag(language)
        self._variables = brand.variables()
        self._compilers: dict[str, Compiler] = {}
        self._compiled: dict[tuple[str, str], Parts] = {}  # by template and variant
        self._chosen: dict[tuple[str, str], Parts] = {}  # by template and requested language

    def render(
        self,
        template_path: str,
        context: Mapping[str, Any],
        *,
        subject: str = "",
        text: str = "",
        language: str = "",
        unsubscribe: str = "",
    ) -> Content:
        """Render a template folder (`inquiry/received`) or one file (`inquiry/received.html`).

        `subject` wins over the folder's subject.txt, and `text` over its body.txt. `context` is
        plain data, as in JSON. All parts are of one variant: the one in `language`, else in the
        site's language, else the plain files. `unsubscribe`: the link by which the recipient
        leaves the e-mail's list, for the layout's footer and the end of body.txt, which also gets
        the brand's footer and address, unless it has them as lines of their own. Raises
        TemplateError, which another try would raise again, or TemplateNotFoundError.
        """
        parts = self._parts(template_path, language)
        variables = parts.compiler.variables(context)
        if unsubscribe:
            variables["list_unsubscribe_url"] = unsubscribe
        line = _subject(template_path, parts, variables, subject)
        html = parts.compiler.run(parts.html, variables) if parts.html else ""
        if parts.html and parts.html.inline_after:
            html = inline_css(html)
        if not text:
            text = _text(parts, variables, unsubscribe) if parts.text else _text_of(html)
        shown = parts.language if language or parts.several else ""
        return Content(line, text, html, shown)

    def check(
        self,
        template_path: str,
        context: Mapping[str, Any],
        *,
        subject: str = "",
        language: str = "",
    ) -> str:
        """Make sure that every part can be rendered; return the subject `render` will give.

        A template whose `Needs` are met is not rendered, to keep the web request that queues the
        e-mail short. Raises what `render` raises.
        """
        parts = self._parts(template_path, language)
        line = _one_line(subject)
        sure = parts.needs is not None and parts.needs.met(context, self._max_bytes)
        if not (sure and line):
            variables = parts.compiler.variables(context)
            line = _subject(template_path, parts, variables, line)
            for part in (parts.html, parts.text):
                if part and not sure:
                    parts.compiler.run(part, variables)
        return line

    def from_bodies(self, *, subject: str, html: str, text: str) -> Content:
        """The given bodies; a <style> is inlined, a missing text is derived from the HTML."""
        inlined = inline_css(html)
        return Content(_one_line(subject), text or _text_of(inlined), inlined)

    def names(self) -> list[str]:
        """Every template folder, as `template_path` names it, sorted."""
        return self._folders.names()

    def sample(self, template_path: str, language: str = "") -> dict[str, Any]:
        """The variables of the folder's sample.json, {} when it has none.

        `language`: a tag; what `sample.<tag>.json` has wins. Raises TemplateNotFoundError for an
        unknown template, TemplateError for broken JSON.
        """
        return self._folders.sample(template_path, language)

    def languages(self, template_path: str) -> list[str]:
        """The tags of a template's languages, that of its plain files first.

        Raises TemplateNotFoundError for an unknown template.
        """
        place = self._folders.find(template_path)
        tags = sorted(variants_of(place).complete)
        return [languages.plain_language(place, self._site_language, tags), *tags]

    def language_of(self, template_path: str, language: str = "") -> str:
        """The tag of the variant that `render` chooses; '' for a template without variants.

        Raises what `render` raises for a template that cannot be loaded.
        """
        parts = self._parts(template_path, language)
        return parts.language if parts.several else ""

    def _parts(self, template_path: str, language: str = "") -> Parts:
        """The compiled parts. Two threads may compile the same ones; the last result is kept."""
        found = self._chosen.get((template_path, language))
        if found is None or self._auto_reload:
            if len(self._chosen) >= _MOST_CHOICES:
                self._chosen.clear()
            found = self._chosen[template_path, language] = self._choose(template_path, language)
        return found

    def _choose(self, template_path: str, language: str) -> Parts:
        place = self._folders.find(template_path)
        variants = variants_of(place)
        plain = languages.plain_language(place, self._site_language, variants.complete)
        wanted = (language, self._site_language)
        tag = languages.choose(wanted, variants.complete, plain)
        parts = self._compiled.get((template_path, tag))
        if parts is None or self._auto_reload:
            names = variants.complete[tag] if tag else variants.plain
            files = {
                part: f"{template_path}/{name}" if name else template_path
                for part, name in names.items()
            }
            several = bool(variants.complete)
            parts = self._compiler(tag or plain).parts(files, several=several)
            self._compiled[template_path, tag] = parts
        return parts

    def _compiler(self, language: str) -> Compiler:
        found = self._compilers.get(language)
        if found is None or self._auto_reload:
            found = self._compilers[language] = Compiler(
                self._folders.places,
                language,
                self._variables,
                auto_reload=self._auto_reload,
                max_bytes=self._max_bytes,
            )
        return found


def _text(parts: Parts, variables: Variables, unsubscribe: str) -> str:
    assert parts.text is not None  # noqa: S101 - the caller has looked
    text = parts.compiler.run(parts.text, variables).strip() + "\n"
    if parts.compiler.has_closing:  # the layout has it, so a text that is made from the HTML, too
        for name in ("brand_footer", "brand_address"):
            closing = variables[name]
            if closing and f"\n{closing}\n" not in text:
                text += f"\n{closing}\n"
    if unsubscribe and unsubscribe not in text:
        text += f"\n{parts.compiler.phrase(UNSUBSCRIBE, link=unsubscribe)}\n"
    return text


def _text_of(html: str) -> str:
    # lxml takes 4 MB of memory; templates with a body.txt do not need it.
    from postroom.shared.rendering.plain_text import text_of

    return text_of(html)


def _subject(template_path: str, parts: Parts, variables: Variables, given: str) -> str:
    line = _one_line(given)
    if not line and parts.subject:
        line = _one_line(parts.compiler.run(parts.subject, variables))
    if not line:
        reason = "there is no subject. Give one with the e-mail or write it in subject.txt."
        raise TemplateError(template_path, reason)
    return line


def _one_line(subject: str) -> str:
    """One line without control characters, which a variable may have brought."""
    return without_controls(" ".join(subject.split()))
