"""The outcome of an attempt, and what to do next.

Here: values, and pure functions over them. Not here: I/O, SMTP replies (smtp/answers.py translates
them) and SQL.
"""
