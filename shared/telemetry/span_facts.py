"""What a span says about its work."""

from collections.abc import Mapping

Facts = Mapping[str, str | int]  # never an address, a subject or a body
