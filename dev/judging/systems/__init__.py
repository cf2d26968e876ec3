"""The e-mails of each system, made of unsaved records."""
