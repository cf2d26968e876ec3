"""The files of a template in each of its languages: `body.de.html` beside `body.html`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from postroom.shared.rendering import languages

PARTS: Final = {"subject": "subject.txt", "html": "body.html", "text": "body.txt"}


@dataclass(frozen=True, slots=True)
class Variants:
    """`plain`: the parts without a language. `complete`: by tag, the file names by part.

    `problems`: what keeps other variants from being used, each with what to do.
    """

    plain: Mapping[str, str]
    complete: Mapping[str, Mapping[str, str]]
    problems: tuple[str, ...]


def variants_of(folder: Path) -> Variants:
    """The variants of a template folder; an .html file has no other.

    A variant counts only if it has each part that the plain template has: an e-mail is never in
    two languages.
    """
    if not folder.is_dir():
        return Variants({"html": ""}, {}, ())
    names = sorted(file.name for file in folder.iterdir() if file.is_file())
    plain = {part: name for part, name in PARTS.items() if name in names}
    found: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    for name in names:
        part, written = _read(name)
        if not part:
            continue
        if not languages.is_tag(written.replace("_", "-")):
            problems.append(f"{name}: {written!r} is not a language tag such as de or pt-BR")
            continue
        files = found.setdefault(languages.tag(written), {})
        if part in files:
            problems.append(f"{name} and {files[part]} are for the same language; delete one")
        files[part] = name
    for tag, files in found.items():
        missing = [_named(plain[part], tag) for part in plain if part not in files]
        if missing:
            problems.append(f"{tag} has no {' and no '.join(missing)}, so it is not used: add it")
    complete = {tag: files for tag, files in found.items() if set(files) >= set(plain)}
    return Variants(plain, complete, tuple(problems))


def _read(name: str) -> tuple[str, str]:
    """The part and the language that a file's name says; ('', '') for any other file."""
    for part, plain in PARTS.items():
        stem, _, suffix = plain.partition(".")
        if name.startswith(f"{stem}.") and name.endswith(f".{suffix}") and name != plain:
            return part, name[len(stem) + 1 : -len(suffix) - 1]
    return "", ""


def _named(plain: str, tag: str) -> str:
    stem, _, suffix = plain.partition(".")
    return f"{stem}.{tag}.{suffix}"
