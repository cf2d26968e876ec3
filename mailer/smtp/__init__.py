"""The SMTP dialogue (RFC 5321), and the only SMTP code. Knows no row and no queue."""
