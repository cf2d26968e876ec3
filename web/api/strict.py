"""Serializer fields that take a value as it is meant, where DRF's own guess.

DRF makes user 1 of `owner: 1.5`, 10 of `"1_0"`, and 07:00 of `"07:00+02:00"`.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.db import models
from rest_framework import ISO_8601, serializers

from postroom.shared.numbers import whole_number

_TIME: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")


class WholeNumberField(serializers.IntegerField):
    """A whole number, or its digits as text; neither `true` nor `1.0` nor `"1e3"`."""

    default_error_messages: ClassVar = {"invalid": "Enter a whole number."}

    def to_internal_value(self, data: Any) -> int:
        """Raises ValidationError."""
        number = _whole(data)
        if number is None:
            self.fail("invalid")
        return int(super().to_internal_value(number))


class IdField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row, as a whole number or its digits."""

    default_error_messages: ClassVar = {"incorrect_type": "Enter an ID: a whole number."}

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError."""
        number = _whole(data)
        if number is None:
            self.fail("incorrect_type", data_type=type(data).__name__)
        return super().to_internal_value(number)


class TimeOfDayField(serializers.TimeField):
    """A time of day such as `07:00`, without an offset, which would be dropped."""

    format = ISO_8601
    input_formats = (ISO_8601,)
    default_error_messages: ClassVar = {
        "invalid": "Enter a time such as 07:00 or 07:00:30, without an offset: the time zone is a "
        "field of its own."
    }

    def to_internal_value(self, value: Any) -> Any:
        """Raises ValidationError."""
        if not isinstance(value, str) or not _TIME.fullmatch(value.strip()):
            self.fail("invalid")
        return super().to_internal_value(value.strip())


class DateTimeField(serializers.DateTimeField):
    """A moment as ISO 8601 (RFC 3339), whatever formats the site has for its own endpoints."""

    format = ISO_8601
    input_formats = (ISO_8601,)


class DateField(serializers.DateField):
    """A date as ISO 8601."""

    format = ISO_8601
    input_formats = (ISO_8601,)


class YesOrNoField(serializers.BooleanField):
    """`true` or `false`, or a word for it; no fraction."""

    def to_internal_value(self, data: Any) -> bool:
        """Raises ValidationError."""
        if isinstance(data, float):
            self.fail("invalid", input=data)
        return bool(super().to_internal_value(data))


class AnyCaseChoiceField(serializers.ChoiceField):
    """One of the choices, in small or capital letters: `DAILY` is `daily`."""

    default_error_messages: ClassVar = {"invalid_choice": "{input!r} is not one of {known}."}

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError."""
        if data == "" and self.allow_blank:
            return ""
        if isinstance(data, str) or type(data) is int:  # not bool, which is a subclass
            wanted = str(data).strip().casefold()
            for choice in self.choices:
                if str(choice).casefold() == wanted:
                    return choice
        return self.fail("invalid_choice", input=data, known=", ".join(map(str, self.choices)))


class KnownFieldsOnly(serializers.Serializer[Any]):
    """Refuses a field that it does not have: a misspelled one would silently change nothing.

    Those that can only be read may be there, so that an answer can be sent back changed.
    """

    @property
    def takes_unknown_fields(self) -> bool:
        """Whether other code reads fields that this one does not know."""
        return False

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError, for each unknown field."""
        if isinstance(data, Mapping) and not self.takes_unknown_fields:
            # A multipart form may name a field by half of a character, which no answer can carry.
            unknown = [_answerable(str(name)) for name in data if name not in self.fields]
            # Of the form that DRF shows in a browser.
            unknown = [name for name in unknown if name != "csrfmiddlewaretoken"]
            if unknown:
                known = [name for name, field in self.fields.items() if not field.read_only]
                message = f"There is no such field; there are: {', '.join(known)}."
                raise serializers.ValidationError({name: [message] for name in unknown})
        return super().to_internal_value(data)


class StrictModelSerializer(KnownFieldsOnly, serializers.ModelSerializer[Any]):
    """A ModelSerializer with the fields above."""

    serializer_related_field = IdField
    serializer_choice_field = AnyCaseChoiceField
    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.IntegerField: WholeNumberField,
        models.BigIntegerField: WholeNumberField,
        models.PositiveBigIntegerField: WholeNumberField,
        models.PositiveIntegerField: WholeNumberField,
        models.PositiveSmallIntegerField: WholeNumberField,
        models.SmallIntegerField: WholeNumberField,
        models.BooleanField: YesOrNoField,
        models.DateField: DateField,
        models.DateTimeField: DateTimeField,
        models.TimeField: TimeOfDayField,
    }


def _answerable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _whole(data: Any) -> int | None:
    if type(data) is int:  # not bool, which is a subclass
        return data
    try:
        return whole_number(data.strip()) if isinstance(data, str) else None
    except ValueError:
        return None
