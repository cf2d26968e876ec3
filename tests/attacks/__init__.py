"""Attacks that once worked, run through the public faces."""
