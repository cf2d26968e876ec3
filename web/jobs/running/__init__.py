"""One run of a job, from its lock to its recorded result."""
