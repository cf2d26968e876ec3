"""Measures Postroom beside its peers; see README.md."""
