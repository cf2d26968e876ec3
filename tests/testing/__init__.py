"""Tests of what a site's own tests and developers use."""
