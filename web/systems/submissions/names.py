"""Which typed name may be repeated in an e-mail to an address that a stranger typed.

Strangers use name fields to advertise, to threaten, and to make us carry their links. So a name is
repeated only if it is plainly one: letters of one script, few signs and each where names have it,
few words, no everyday word of a lure. Anything else drops the whole name, which costs a greeting.
"""

import re
import unicodedata
from typing import Final

from postroom.web.systems.submissions.protection.lures import LURES

_LONGEST: Final = 60  # characters of the whole name
_LONGEST_PART: Final = 20  # letters without a space or hyphen
_MOST_PARTS: Final = 4  # names, beside titles, initials and particles
_MOST_SMALL: Final = 6  # titles, initials and particles
_MOST_WORDS: Final = 7  # of all kinds
# Without spaces a few letters make a sentence: the longest usual names, by script.
_DENSE: Final = {"CJK": 6, "HIRAGANA": 7, "HANGUL": 7, "KATAKANA": 16}
_TOGETHER: Final = ({"CJK", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"})
_SIMPLE: Final = frozenset({"LATIN", "GREEK", "CYRILLIC"})  # composed letters, nothing else

_TITLES: Final = frozenset(
    {
        "ba", "bsc", "capt", "col", "dipl", "dr", "dra", "esq", "fr", "gen", "habil", "herr",
        "hon", "hr", "ing", "jr", "jur", "lt", "ma", "mag", "mba", "md", "med", "mlle", "mme",
        "mr", "mrs", "ms", "msc", "mx", "nat", "ph", "phd", "phil", "prof", "rer", "rev", "sgt",
        "sr", "sra", "srta", "st", "ste", "ii", "iii", "iv",
    }
)  # fmt: skip
_PARTICLES: Final = frozenset(
    {
        "af", "al", "am", "ap", "auf", "av", "bin", "bint", "da", "dal", "dalla", "das", "de",
        "degli", "dei", "del", "della", "dels", "dem", "den", "der", "des", "di", "do", "dos",
        "du", "el", "het", "ibn", "la", "las", "le", "los", "of", "och", "op", "ten", "ter",
        "the", "tot", "uit", "ul", "und", "van", "ver", "vom", "von", "y", "zu", "zum", "zur",
    }
)  # fmt: skip
_JOINERS: Final = "\u200c\u200d"  # for Persian and Indic letters
_INNER: Final = "-\u2010\u2011'\u2019\u02bb\u02bc\u00b7\u30fb\u05f3\u05f4"
_ITERATION: Final = "\u30fc\u3005\u309d\u309e\u30fd\u30fe"  # modifier letters within Japanese names
_IGNORED: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]"
)
_PIECES: Final = re.compile(rf"[^ .,{re.escape(_INNER)}]+")
# The shape of a name, one letter for each character: L letter, M mark, J joiner, H inner sign.
_PART: Final = "L[LM]*(?:JL[LM]*)*"
_WORD: Final = rf"H?{_PART}(?:\.?H{_PART})*\.?,?"
_SHAPE: Final = re.compile(rf"{_WORD}(?: {_WORD})*")


def safe_name(name: str) -> str:
    """The name in one line if it is plainly a name, else ''."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if len(name) > _LONGEST:
        return ""
    scripts = {_script(c) for c in name if _kind(c) == "L"}
    if scripts & _SIMPLE:
        name = name.translate(dict.fromkeys(map(ord, _JOINERS)))  # nothing to join there
    shape = "".join(map(_kind, name))
    plain = _SHAPE.fullmatch(shape) and _of_one_script(name, scripts) and _few_marks(name, scripts)
    return name if plain and _signs_in_place(name) and _words_of_a_name(name, scripts) else ""


def _kind(character: str) -> str:
    if character in " .,":
        return character
    if character in _INNER:
        return "H"
    if character in _JOINERS:
        return "J"
    category = unicodedata.category(character)
    if _IGNORED.match(character) or unicodedata.normalize("NFKC", character) != character:
        return "?"  # invisible, or one letter dressed as another
    if category in ("Mn", "Mc"):
        return "M"
    return "L" if category in ("Lu", "Ll", "Lo") or character in _ITERATION else "?"


def _script(letter: str) -> str:
    """The first word of the letter's name in Unicode, which is its script."""
    if letter == "\u3005":
        return "CJK"
    return re.split("[ -]", unicodedata.name(letter, "?"), maxsplit=1)[0]


def _of_one_script(name: str, scripts: set[str]) -> bool:
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        return False
    # Letters without case are signs there: U+01C0 and its like resemble slashes.
    return not scripts & _SIMPLE or all(unicodedata.category(c) != "Lo" for c in name)


def _few_marks(name: str, scripts: set[str]) -> bool:
    marks = re.findall("M+", "".join(map(_kind, name)))
    if scripts & _SIMPLE:
        return sum(map(len, marks)) <= 4 and all(len(run) <= 2 for run in marks)
    return all(len(run) <= 3 for run in marks)


def _signs_in_place(name: str) -> bool:
    """A dot after a title or an initial only, a middle dot in Catalan's l·l, one comma or two."""
    dotted = re.findall(r"([^ .,\-]+)\.", name)
    return (
        all(len(word) <= 2 or word.casefold() in _TITLES for word in dotted)
        and not re.search("(?<![lL])\u00b7|\u00b7(?![lL])", name)
        and name.count(",") <= 2
    )


def _words_of_a_name(name: str, scripts: set[str]) -> bool:
    words = [_PIECES.findall(word) for word in name.split()]
    parts = [part for pieces in words for part in pieces]
    if _has_a_lure(parts):
        return False
    if dense := [_DENSE[script] for script in scripts if script in _DENSE]:
        longest = 4 if scripts == {"CJK"} else max(dense)
        return sum(map(len, parts)) <= max(dense) and max(map(len, parts)) <= longest
    names = [part for part in parts if _is_name(part)]
    return (
        len(words) <= _MOST_WORDS
        and len(names) <= _MOST_PARTS
        and len(parts) - len(names) <= _MOST_SMALL
        and all(len(part) <= _LONGEST_PART for part in parts)
        # One capital inside, as in `McDonald` and `DeShawn`; more are words run together.
        and all(part.isupper() or sum(map(str.isupper, part[1:])) <= 1 for part in parts)
        and _begin_as_names([pieces[0] for pieces in words if _is_name(pieces[0])])
    )


def _has_a_lure(parts: list[str]) -> bool:
    # `the` and `und` hold sentences together, and names beside a particle: of the, von und zu.
    small = [_is_particle(part) for part in parts]
    beside = [any(small[max(0, at - 1) : at] + small[at + 1 : at + 2]) for at in range(len(parts))]
    looked = [part for at, part in enumerate(parts) if not (small[at] and beside[at])]
    run_together = [piece for part in looked for piece in re.split("(?=[A-Z])", part)]
    return any(_bare(piece) in LURES for piece in [*looked, *run_together])


def _is_particle(part: str) -> bool:
    return part.casefold() in _PARTICLES


def _is_name(part: str) -> bool:
    return len(part) > 1 and part.casefold() not in _TITLES and not _is_particle(part)


def _begin_as_names(beginnings: list[str]) -> bool:
    """Each with a capital, or two words at most that somebody typed in small letters."""
    small = [word for word in beginnings if word[0].islower()]
    return not small or len(beginnings) <= 2


def _bare(word: str) -> str:
    """Without accents and joiners, which would hide a word from the list."""
    letters = unicodedata.normalize("NFD", word.casefold())
    return "".join(c for c in letters if unicodedata.category(c)[0] == "L")
