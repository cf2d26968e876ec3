"""Judges every e-mail that Postroom ships, in each language, with usual, least and hostile data.

`letters.py` makes the e-mails with the code that sends them, `rendering.py` renders them; `page.py`
and `words.py` judge without any program, `browser.py` in Chromium, `machines.py` by the programs
that are installed. `python -m dev.judging` (`make judge`) asks all of them and prints a table.
tests/letters asks those that need no program but Chromium.
"""
