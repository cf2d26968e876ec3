"""The plain-text part of a letter, made from its HTML."""
