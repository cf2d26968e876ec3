"""The exception of this folder."""


class DevelopmentError(Exception):
    """Something cannot be started; the message says what to do."""
