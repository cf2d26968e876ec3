"""Text that people typed is never a formula in a spreadsheet."""

import pytest

from postroom.web.spreadsheets import harmless, is_formula


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@A1", "'@A1"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\u200b\ufeff=1", "'\u200b\ufeff=1"),
        ('"=1', "'\"=1"),
        ("\uff1d1", "'\uff1d1"),
        ("x;=1", "x;'=1"),
        ("x; =1", "x;' =1"),
        ("x|@A1", "x|'@A1"),
        ("x\t=1", "x\t'=1"),
        ("x\n+1", "x\n'+1"),
        ("x,=1", "x,'=1"),
        ("a;=1;=2", "a;'=1;'=2"),
    ],
)
def test_every_start_of_a_formula_gets_an_apostrophe(text: str, cell: str) -> None:
    assert is_formula(text)
    assert harmless(text) == cell


@pytest.mark.parametrize("text", ["", "Ann", "a-b", "1 + 1", "a=b", "x@example.org", "Lee, -"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert not is_formula(text)
    assert harmless(text) == text
