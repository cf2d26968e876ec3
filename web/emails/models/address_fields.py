"""Model fields for addresses: what the queue takes, in one written form, so that equal is equal."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from postroom.shared.addresses import canonical, comparison_key
from postroom.shared.errors import HeaderError


def valid_address(value: str) -> None:
    """Accept exactly the bare addresses that `send_email_task` accepts.

    Raises:
        ValidationError: it is none; the message says why.
    """
    try:
        canonical(value)
    except HeaderError as error:
        message = f"This is not an e-mail address. {error}"
        raise ValidationError(message, code="invalid") from error


def address_input(**attrs: str) -> forms.TextInput:
    """A text input: browsers refuse letters beyond ASCII in `type="email"` (RFC 6531)."""
    return forms.TextInput(attrs={"inputmode": "email", "spellcheck": "false", **attrs})


if TYPE_CHECKING:
    _Text = models.CharField[str, str]
else:
    _Text = models.CharField  # not generic at run time


class AddressField(_Text):
    """An address, stored and looked up in its canonical form.

    `models.EmailField` refuses addresses that the site's own mail server may know
    (`ann@mailhost`, `jörg@example.org`) and stores two spellings of one as two.
    """

    default_validators = [valid_address]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Text as it will be stored."""
        return self._written(super().to_python(value))

    def get_prep_value(self, value: Any) -> Any:
        """The value as stored or looked up; what is not an address stays as it is."""
        return self._written(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Let the instance have what is stored."""
        value = self._written(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """A text input (see `address_input`) unless the admin brings its own."""
        return super().formfield(*args, **{"widget": address_input(), **kwargs})

    def _written(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return self._form_of(value.strip())
        except HeaderError:
            return value

    @staticmethod
    def _form_of(text: str) -> str:
        return canonical(text)


class AddressKeyField(AddressField):
    """An address by which others are found: stored and looked up as its comparison key."""

    @staticmethod
    def _form_of(text: str) -> str:
        canonical(text)
        return comparison_key(text)
