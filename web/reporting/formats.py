"""The file formats a report can have."""

from enum import StrEnum
from typing import Final


class Format(StrEnum):
    """A file format, named by its file's ending."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


CHOICES: Final = [(one.value, one.upper()) for one in Format]
