"""Compares Postroom with its peers; see README.md."""
