"""Four public forms, each stored with the e-mails it causes in one transaction."""
