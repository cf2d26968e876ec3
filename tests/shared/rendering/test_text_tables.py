"""In the text part, a cell that reaches over columns or rows stays under its headings."""

import tracemalloc

import pytest

from postroom.shared.rendering.plain_text import MAX_TAGS, text_of

LONG = "w" * 77
HALLS = (
    "<tr><th>Day<th>Room<th>Who</tr><tr><td rowspan=2>Mon<td>Hall A<td>Ann</tr>"
    "<tr><td>Hall B<td>{who}</tr><tr></tr><tr><td>Tue<td>Hall C<td>Cid</tr>"
)
LETTERS = "<tr><th>A<th>B<th>C</tr><tr><td colspan=2>both<td>9</tr><tr><td>1<td>2<td>{c}</tr>"
LEVELS = (
    "<thead><tr><th rowspan=2>Day<th colspan=2>Place</tr><tr><th>Room<th>Who</tr></thead>"
    "<tr><td>Mon<td>Hall<td>{who}</tr>"
)
WEEK = "<tr><th>Mon<th>Tue<th>Wed<th>Thu<th>Fri</tr><tr><td colspan=4>holiday<td>{w}</tr>"


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (HALLS.format(who="Bob"),
         "Day  Room    Who\nMon  Hall A  Ann\nMon  Hall B  Bob\nTue  Hall C  Cid\n"),
        (HALLS.format(who=LONG),
         f"Day: Mon\nRoom: Hall A\nWho: Ann\n\nDay: Mon\nRoom: Hall B\nWho: {LONG}\n\n"
         "Day: Tue\nRoom: Hall C\nWho: Cid\n"),
        (LETTERS.format(c=3), "A  B  C\nboth  9\n1  2  3\n"),
        (LETTERS.format(c=LONG), f"A, B: both\nC: 9\n\nA: 1\nB: 2\nC: {LONG}\n"),
        (LEVELS.format(who="Ann"), "Day  Place\n     Room  Who\nMon  Hall  Ann\n"),
        (LEVELS.format(who=LONG), f"Day: Mon\nPlace Room: Hall\nPlace Who: {LONG}\n"),
        (WEEK.format(w=LONG), f"Mon - Thu: holiday\nFri: {LONG}\n"),
        ("<tr><th>A<th>B</tr><tbody><tr><td rowspan=9>1<td>2</tr></tbody><tr><td>3<td>4</tr>",
         "A  B\n1  2\n3  4\n"),
        ("<tr><th>A<th>B</tr><tr><td>1<td rowspan=0>2</tr><tr><td>3</tr>", "A  B\n1  2\n3  2\n"),
        ("<tr><td colspan=3>Shop</tr><tr><td rowspan=2>logo<td>a<td>b</tr><tr><td>c<td>d</tr>",
         "Shop\nlogo  a  b\n      c  d\n"),
    ],
)  # fmt: skip
def test_values_stay_under_their_headings(rows: str, text: str) -> None:
    assert text_of(f"<table>{rows}</table>") == text


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "1000000000", "9" * 9_000, "٣"])
def test_any_span_is_bounded(span: str) -> None:
    head = "<tr><th>A<th>B</tr>"
    rows = f"<tr><td colspan={span} rowspan={span}>1<td rowspan={span}>2</tr><tr><td>3</tr>"
    words = text_of(f"<table>{head}{rows}</table>").split()
    assert {"A", "B", "1", "2", "3"} == set(words)


@pytest.mark.parametrize(
    "cells",
    [
        "<td colspan=1000000000 rowspan=1000000000>a",
        "<td rowspan=1000000000>a<td rowspan=3 colspan=40>b",
        f"<td>{LONG}<td colspan=100>b",
        "<td>",
    ],
)
def test_memory_does_not_grow_with_spans(cells: str) -> None:
    head = f"<tr>{f'<th rowspan=3>{LONG}' * 99}</tr><tr>{'<td rowspan=65000>ab' * 99}<td>x</tr>"
    html = f"<table>{head}" + f"<tr>{cells}</tr>" * (MAX_TAGS // 4 // (cells.count("<") + 2))
    tracemalloc.start()
    try:
        text_of(html)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * 1024 * 1024


def test_a_heading_that_is_no_name_is_not_repeated() -> None:
    rows = f"<tr><td>1<td>2<td>{LONG * 2}</tr>" * 9
    text = text_of(f"<table><tr><th>{'word ' * 400}<th>B<th>C</tr>{rows}</table>")
    assert text.count("word") == 400
