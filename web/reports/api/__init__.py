"""The reports' REST API."""
