"""The languages of templates: which variant is chosen, and how a language is written.

A template's plain files are one variant as well: those that Postroom ships are English, a site's
own are in the site's language (LANGUAGE_CODE), unless a variant is.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

PLAIN: Final = "en"  # of the plain files that Postroom ships
_TAG: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
# Scripts and languages that are written from right to left; a script in the tag decides.
_RTL_SCRIPTS: Final = frozenset(
    {"adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa", "yezi"}
)
_RTL: Final = frozenset(
    {
        "ar", "arc", "azb", "bal", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "khw", "ks", "lrc",
        "mzn", "nqo", "pnb", "ps", "sd", "skr", "syr", "ug", "ur", "yi",
    }
)  # fmt: skip
_HERE: Final = Path(__file__).resolve().parents[2]
_SHIPPED: Final = (_HERE / "shared", _HERE / "web")


def is_tag(text: str) -> bool:
    """Whether it has the form of a language tag such as `de` or `pt-BR` (RFC 5646 2.1)."""
    return len(text) <= 35 and _TAG.fullmatch(text) is not None


def tag(text: str) -> str:
    """The tag as it is usually written: `pt-BR` for `pt_br`, `zh-Hant` for `zh-hant`."""
    first, *others = text.replace("_", "-").split("-")
    cased = [
        part.upper() if len(part) == 2 else part.capitalize() if len(part) == 4 else part.lower()
        for part in others
    ]
    return "-".join([first.lower(), *cased])


def direction(language: str) -> str:
    """`rtl` or `ltr`, as the attribute `dir` has it."""
    first, *others = language.lower().split("-")
    scripts = [part for part in others if len(part) == 4 and part.isalpha()]
    right = scripts[0] in _RTL_SCRIPTS if scripts else first in _RTL
    return "rtl" if right else "ltr"


def choose(wanted: Iterable[str], variants: Iterable[str], plain: str) -> str:
    """The tag of the variant for the first language of `wanted` that there is one for.

    `de-AT` falls back to `de` (RFC 4647 3.4). '' means the plain files, which also count as a
    variant in the language `plain`.
    """
    known = {one.lower(): one for one in variants}
    for language in wanted:
        shorter = [*_shorter(tag(language).lower())]
        if found := next((known[short] for short in shorter if short in known), ""):
            return found
        if set(shorter) & set(_shorter(plain.lower())):
            return ""
    return ""


def serves(language: str, tags: Iterable[str]) -> bool:
    """Whether one of `tags` is that language, or what it falls back to."""
    return bool(set(_shorter(language.lower())) & {one.lower() for one in tags})


def _shorter(language: str) -> Iterator[str]:
    """The tag, then without its last part, and so on."""
    while language:
        yield language
        language = language.rpartition("-")[0]


def plain_language(place: Path, site: str, variants: Iterable[str]) -> str:
    """The language of a template's plain files; `place`: its folder, `site`: LANGUAGE_CODE.

    Where a variant is in the site's language, the plain files are in another: English is likely.
    """
    real = place.resolve()
    shipped = any(real.is_relative_to(folder) for folder in _SHIPPED)
    return PLAIN if shipped or serves(site, variants) else site
