"""The mailer: consumes, renders, sends, records, acknowledges. No Django."""
