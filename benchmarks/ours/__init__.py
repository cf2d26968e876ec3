"""Postroom as a contender."""
