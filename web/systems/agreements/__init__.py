"""Memoranda of understanding, and reminders by e-mail to their coordinators."""
