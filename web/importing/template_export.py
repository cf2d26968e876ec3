"""Writes django-post_office's templates as template folders, where conversion is exact."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from django.template import Context, Engine, TemplateSyntaxError

from postroom.shared.rendering.problem import explain
from postroom.shared.rendering.run import run as render
from postroom.shared.rendering.sandbox import sandbox
from postroom.web.importing.command import Import
from postroom.web.importing.source import SourceError
from postroom.web.importing.template_conversion import convert

TABLE: Final = "post_office_emailtemplate"
_PARTS: Final = {"subject.txt": "subject", "body.txt": "content", "body.html": "html_content"}
_SELECT: Final = f"""
SELECT id, name, language, subject, content, html_content FROM {TABLE} ORDER BY name, language
"""
_NOT_IN_A_NAME: Final = re.compile(r"[^\w./-]+")


class _UnconvertibleError(Exception):
    """The template is not exported; the message says why."""


def export(run: Import, folder: Path) -> None:
    """Write one folder per template, `name` or `name/language`; report those not converted.

    A folder that exists already is not changed.

    Raises:
        SourceError: the folder cannot be written.
    """
    made: dict[str, int] = {}
    for row in run.source.select(_SELECT):
        path = _path(row)
        try:
            files = _files(row, first=made.setdefault(path.lower(), row["id"]))
        except _UnconvertibleError as error:
            run.importer.refuse(TABLE, f"{row['id']} ({path})", str(error))
            continue
        if (folder / path / "sample.json").exists():
            run.importer.tally.before += 1
            continue
        if not run.importer.dry_run:
            _write(folder / path, files)
        run.importer.tally.imported["template"] += 1


def _write(place: Path, files: Mapping[str, str]) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise SourceError(f"--templates: cannot write {place}: {error.strerror}") from error


def _path(row: Mapping[str, Any]) -> str:
    name = _NOT_IN_A_NAME.sub("_", f"{row['name']}/{row['language']}")
    return "/".join(filter(None, (step.strip("._") for step in name.split("/")))) or str(row["id"])


def _files(row: Mapping[str, Any], *, first: int) -> dict[str, str]:
    """The files of the folder, by name; `first`: the template whose folder it is."""
    if first != row["id"]:
        raise _UnconvertibleError(f"its folder would be that of template {first}")
    files: dict[str, str] = {}
    sample: dict[str, Any] = {}
    problems = []
    sources = {file: row[column].replace("\r\n", "\n") for file, column in _PARTS.items()}
    for file, source in sources.items():
        if source.strip():
            converted = convert(source, is_markup=file.endswith(".html"))
            problems += [f"{file} line {line}: {what}" for line, what in converted.problems]
            files[file] = f"{converted.source.rstrip()}\n"
            sample = _merged(sample, converted.sample)
    if problems:
        raise _UnconvertibleError(f"has no counterpart here: {'; '.join(problems)}")
    if not files.keys() - {"subject.txt"}:
        raise _UnconvertibleError("has no body")
    for file, text in files.items():
        _prove(file, sources[file], text, sample)
    return files | {"sample.json": json.dumps(sample, indent=2, ensure_ascii=False) + "\n"}


def _merged(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return one | {key: _merged(one.get(key), value) for key, value in other.items()}
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(a, b) for a, b in zip(one, other, strict=True)]
    return other if one is None or isinstance(one, str) else one


def _prove(file: str, before: str, after: str, sample: dict[str, Any]) -> None:
    """Render both with the sample; a template that differs is not exported."""
    is_markup = file.endswith(".html")
    environment = sandbox((), auto_reload=False)
    environment.loader = jinja2.DictLoader({file: after})
    try:
        old = Engine.get_default().from_string(before)
        wanted = old.render(Context(sample, autoescape=is_markup))
    except TemplateSyntaxError as error:
        raise _UnconvertibleError(f"{file}: {error}") from error
    try:
        given = render(environment.get_template(file), {**environment.globals, **sample})
    except Exception as error:
        raise _UnconvertibleError(str(explain(error, file, lambda _: after))) from error
    if _plain(wanted, is_markup) != _plain(given, is_markup):
        raise _UnconvertibleError(f"{file} renders differently after conversion: {given.strip()!r}")


def _plain(text: str, is_markup: bool) -> str:
    """Without invisible differences: whitespace at the ends, and in HTML its amount."""
    return " ".join(re.sub(r"<br>\s*", "<br>", text).split()) if is_markup else text.strip()
