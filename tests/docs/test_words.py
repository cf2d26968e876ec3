"""Documents, docstrings, comments and messages are free of the words that readers stumble over."""

import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from dev.keeper import ROOT

WORDS = {
    r"(?i)\banew\b": "again",
    r"(?i)\bmend(s|ed|ing)?\b": "fix",
    r"(?i)\bwhoever\b": "the actor: the operator, users who",
    r"(?i)\b(told|tells?)\b": "report, show, say, log, notify",
    r"(?i)\b(for|by|of|to|from) who\b": "those who, users who",
    r"(?<!here )\bis no (?!(longer|more|less|other|better|such) )[a-z]+": "is not a",
    r"\bthat is none\b(?! of)": "that is not one, that is invalid",
    r"(?i)\b(rows?|lines?|insert|statements?|quer(y|ies)|once) an? "
    r"(e-mail|mail|message|row|attempt|process|batch|report|student)\b": "per",
    r"(?i)\bheard of\b": "seen, has reported",
    r"(?i)\boftener\b": "more often",
    r"\bTROUBLE\b": "FAIL",
    r"\((Q|M|S|C|R|X)\d+\)|\b(fault|SPEC) [A-Z]?\d+": "what it says, not an id from elsewhere",
}
CODE = ("web", "mailer", "shared", "dev")
# Of Python 3.12: the text between the braces of an f-string.
_TEXT = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def prose(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Lines for a reader, with their numbers; of Python only comments, and strings of words."""
    if not name.endswith(".py"):
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        for number, line in enumerate(token.string.splitlines(), token.start[0]):
            if token.type in _TEXT and " " in line.strip():
                yield number, re.sub(r"\{[^{}]*\}", "", line)


def found(name: str, text: str) -> Iterator[str]:
    for number, line in prose(name, text):
        for pattern, better in WORDS.items():
            for match in re.finditer(pattern, line):
                yield f"{name}:{number}: {match[0]!r}: write {better}"


@pytest.mark.parametrize("files", ["*.md", "docs/**/*.md", *(f"{name}/**/*.py" for name in CODE)])
def test_words_to_avoid_are_not_used(files: str) -> None:
    paths = {str(path.relative_to(ROOT)): path for path in sorted(ROOT.glob(files))}
    hits = [hit for name, path in paths.items() for hit in found(name, path.read_text())]
    assert not hits, "\n" + "\n".join(hits)


def test_a_word_in_a_comment_or_message_is_found_and_a_name_is_not() -> None:
    text = 'told = "told"  # who is told\nsay(f"{told} once an e-mail")\nthere = "There is no row."'
    assert [hit.partition(": write")[0] for hit in found("a.py", text)] == [
        "a.py:1: 'told'",
        "a.py:2: 'once an e-mail'",
    ]
