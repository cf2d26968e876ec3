"""An app with jobs that do what a test asks, run as real commands in real processes."""
