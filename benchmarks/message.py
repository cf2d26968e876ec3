"""The e-mail that every contender sends: ten variables, 3.8 kB of HTML, 0.3 kB of text."""

import json
import random
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUILD = HERE / ".build"
TEMPLATES = HERE / "templates"
FOLDER = TEMPLATES / "bench" / "mail"
PATH = "bench/mail"
SENDER = "Postroom bench <bench@example.com>"
SUBJECT = (FOLDER / "subject.txt").read_text().strip()
PDF_NAME = "programme.pdf"


def context() -> dict[str, Any]:
    values: dict[str, Any] = json.loads((FOLDER / "sample.json").read_text())
    return values


def recipient(number: int) -> str:
    """The recipient's address; its number identifies the e-mail at the sink."""
    return f"m{number}@example.com"


def pdf() -> bytes:
    """100 kB that cannot be compressed, the same in every process and run."""
    return b"%PDF-1.7\n" + random.Random(7).randbytes(100_000 - 15) + b"%%EOF\n"


def pdf_file(folder: Path) -> Path:
    """The same bytes on disk, for contenders that attach a path."""
    folder.mkdir(exist_ok=True)
    path = folder / PDF_NAME
    if not path.exists():
        path.write_bytes(pdf())
    return path
