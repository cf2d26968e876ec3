"""Epics, user stories and tasks, and a board on which people move them."""
