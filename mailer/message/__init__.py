"""Builds the bytes of one message (RFC 5322) from a claimed e-mail. No I/O."""
