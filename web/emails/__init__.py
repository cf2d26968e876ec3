"""The queue: one `EmailQueue` row an e-mail, and the relay that publishes what is due."""
