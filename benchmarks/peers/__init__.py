"""The systems Postroom is measured against, each in an environment of its own."""
