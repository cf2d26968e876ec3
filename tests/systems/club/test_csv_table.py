"""The table for a spreadsheet."""

from postroom.web.systems.club.csv_table import csv_table


def test_table_is_csv_that_excel_reads() -> None:
    table = csv_table(("Member", "Flights"), [("Zoë, the first", 3)])
    assert table == "\ufeffMember,Flights\r\n".encode() + '"Zoë, the first",3\r\n'.encode()


def test_names_that_look_like_formulas_stay_text() -> None:
    table = csv_table(("Member",), [('=HYPERLINK("x")',), ("@x",), ("-2+3",)]).decode()
    assert [line.strip('"')[0] for line in table.splitlines()[1:]] == ["'", "'", "'"]
