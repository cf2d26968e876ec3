"""A flying club: who is on duty, what was flown, what is overdue, and who is told."""
