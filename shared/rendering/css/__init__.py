"""Inlines style sheets into the HTML of e-mails, and keeps what cannot be."""
