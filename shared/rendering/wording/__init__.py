"""A letter in its reader's language: which template, which phrases, which formats."""
