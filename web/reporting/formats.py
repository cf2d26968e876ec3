"""The file formats a report can have."""

from enum import StrEnum
from typing import Final


class Format(StrEnum):
    """A file format; the value is the extension of its files."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


CHOICES: Final = [(one.value, one.upper()) for one in Format]
