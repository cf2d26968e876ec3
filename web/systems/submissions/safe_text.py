"""Which text typed by a stranger may be repeated in an e-mail to an address they typed."""

import re
import unicodedata

_MAX_CHARACTERS = 60
_MAX_WORDS = 8
# A dot or comma is allowed only before a space or at the end, as in abbreviations and titles: there
# no mail program turns the text into a link.
_INNER_SIGN = re.compile(r"[.,](?! |$)")
_SIGNS = frozenset(" '\u2019-.,")


def safe_name(name: str) -> str:
    """The name if it is plainly a name and cannot contain a link, else ''.

    Letters of any script with their accents, spaces, hyphens, apostrophes, and the dots and commas
    of `Dr. J. Smith, PhD`. Anything else (digits, slashes, `@`, invisible or right-to-left marks)
    drops the whole name: strangers use name fields to advertise.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    plain = all(c in _SIGNS or unicodedata.category(c)[0] in "LM" for c in name)
    short = len(name) <= _MAX_CHARACTERS and name.count(" ") < _MAX_WORDS
    return name if plain and short and not _INNER_SIGN.search(name) else ""


def safe_file_name(name: str) -> str:
    """The last part of an uploaded file's name, plain, at most 100 characters, ending in `.pdf`."""
    name = name.replace("\\", "/").rpartition("/")[2]
    # Category C holds control, invisible and text-turning characters (`fdp.exe` shown reversed).
    name = "".join("_" if unicodedata.category(c)[0] == "C" or c in '<>:"|?*' else c for c in name)
    stem = re.sub(r"\.pdf$", "", " ".join(name.split()), flags=re.IGNORECASE).strip(". ")
    return f"{stem[:96].strip() or 'document'}.pdf"
