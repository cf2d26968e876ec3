"""An app that only tests have: rows of many kinds whose changes are told."""
