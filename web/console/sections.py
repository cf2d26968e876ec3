"""The console's own entries of the navigation; mail comes first."""

from postroom.web.console.access import SEE
from postroom.web.console.registry import Section, register

HOME = Section("home", "Home", 0, SEE, key="h")
EMAILS = Section("emails", "E-mails", 10, SEE, key="e")
SUPPRESSION = Section("suppression", "Suppression", 40, "postroom.view_suppression", key="s")
TEMPLATES = Section("templates", "Templates", 30, SEE, key="t")
PROCESSES = Section("processes", "Processes", 60, SEE, key="p")


def register_own() -> None:
    """Called when the URLs are loaded. Their routes are in `urls`, so that they come first."""
    for section in (HOME, EMAILS, TEMPLATES, SUPPRESSION, PROCESSES):
        register(section)
