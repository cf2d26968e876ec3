"""Recurring reports by e-mail: schedules, their recipients, what became of each run."""
