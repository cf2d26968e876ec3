"""Types of the options of commands."""

from pathlib import Path


def folder(text: str) -> Path:
    """The path; a script whose variable is not set must not write where it happens to be.

    Raises:
        ValueError: the text is empty.
    """
    if not text:
        raise ValueError("empty")
    return Path(text)
