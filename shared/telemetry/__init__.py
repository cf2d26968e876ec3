"""Logs, masking and traces."""
