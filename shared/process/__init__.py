"""Long-running processes: liveness, stopping, systemd, scheduling class."""
