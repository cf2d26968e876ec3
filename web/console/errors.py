"""Exceptions of the console."""


class NonsenseError(ValueError):
    """The address holds a value that nothing can have; answered with 400 and the message."""
