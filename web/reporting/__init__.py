"""Recurring reports by e-mail: schedules, recipients, and the result of each run.

Here: when a report is due, how it becomes a file and an e-mail, and who receives it. What a report
contains is not here: each app registers its report types in its own `reports.py`. The engine
imports no system.
"""
