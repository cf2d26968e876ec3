"""Compiles the catalogues of labels and pages: each `django.po` to the `django.mo` beside it.

    python -m dev.label_catalogues           # write
    python -m dev.label_catalogues --check   # only say which are out of date; exit status 1 if any

Django reads the compiled files. They are in the repository, so that a site needs no compiler.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from dev.keeper import ROOT


def sources() -> list[Path]:
    """All of them."""
    return sorted((ROOT / "web").glob("**/locale/*/LC_MESSAGES/django.po"))


def compiled(source: Path) -> bytes:
    """What Django reads."""
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def out_of_date() -> list[Path]:
    """The compiled files that differ from their sources, or are missing."""
    files = {source.with_suffix(".mo"): compiled(source) for source in sources()}
    return [file for file, now in files.items() if not file.is_file() or file.read_bytes() != now]


def main() -> int:
    """Write them, or check them; returns the exit status."""
    found = out_of_date()
    for file in found:
        if "--check" in sys.argv:
            print(f"{file.relative_to(ROOT)} is out of date: run python -m dev.label_catalogues")
        else:
            file.write_bytes(compiled(file.with_suffix(".po")))
    return 1 if found and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
