"""Builds the bytes of one message (RFC 5322) from a claimed e-mail.

Here: pure functions for header fields, MIME parts and signatures. Not here: I/O, clocks and
randomness; the same e-mail gives the same bytes.
"""
