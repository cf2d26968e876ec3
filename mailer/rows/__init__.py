"""Claims, leases and results: the only SQL of the mailer."""
