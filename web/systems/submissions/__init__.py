"""Four public forms; one transaction stores a submission and queues its e-mails."""
