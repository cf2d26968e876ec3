"""The name of a stranger's file as staff may see and store it."""

import re
import unicodedata


def safe_file_name(name: str) -> str:
    """The last part of an uploaded file's name, plain, at most 100 characters, ending in `.pdf`."""
    name = name.replace("\\", "/").rpartition("/")[2]
    # Category C holds control, invisible and text-turning characters (`fdp.exe` shown reversed).
    name = "".join("_" if unicodedata.category(c)[0] == "C" or c in '<>:"|?*' else c for c in name)
    stem = re.sub(r"\.pdf$", "", " ".join(name.split()), flags=re.IGNORECASE).strip(". ")
    return f"{stem[:96].strip() or 'document'}.pdf"
