"""Memoranda of understanding, and the reminders their coordinators get."""
