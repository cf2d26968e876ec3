"""Parses JSON so that every text in it can be stored and answered."""

from typing import Any, Final

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

_HALF: Final = "This text holds half of a character (a lone surrogate)."


class TextJSONParser(JSONParser):
    """Refuses lone surrogates (`"\\ud83d"`), which UTF-8 cannot carry, and endless nesting."""

    strict = True  # no NaN, whatever the site allows in its own endpoints

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Raises ParseError or, where one field is wrong, ValidationError; both become 400."""
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        if isinstance(data, dict) and _is_text(list(data)):
            if wrong := {name: [_HALF] for name, value in data.items() if not _is_text(value)}:
                raise ValidationError(wrong)
        elif not _is_text(data):
            raise ParseError(_HALF)
        return data


def _is_text(data: Any) -> bool:
    """Whether all texts, keys too, can be encoded."""
    waiting = [data]
    while waiting:
        match waiting.pop():
            case str() as text:
                try:
                    text.encode()
                except UnicodeEncodeError:
                    return False
            case list() as items:
                waiting += items
            case dict() as mapping:
                waiting += mapping
                waiting += mapping.values()
    return True
