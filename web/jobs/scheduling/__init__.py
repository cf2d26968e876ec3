"""Postroom's own scheduler, `run_jobs`: what is due, who may start it, the child processes."""
