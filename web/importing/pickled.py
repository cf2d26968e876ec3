"""Reads pickled Django e-mails without running any code that a pickle names.

A pickle is a program: with the standard reader, a row of the old table could run any code here.
This reader knows a short list of names. For each it has a class that only stores its data, created
again for every row, so that one row cannot change how the next is read. Any other name ends the
reading of that row.
"""

import base64
import binascii
import io
import pickle
from typing import Any, Final

from postroom.web.importing.old_mail import UnreadableMailError


class PickledMail:
    """A pickled EmailMessage: its attributes by name."""


class PickledPart:
    """A pickled MIME part: its attributes by name."""


class _Ignored:
    """An object attached to an e-mail or a part that is not needed."""


class _Values:
    """A named tuple of Django 5.2 and later."""

    def __new__(cls, *values: Any) -> Any:
        return values


class _Text(str):
    """A text that can have attributes."""


class _Header:
    """A header of `email.message.MIMEPart`: only its value."""

    def __new__(cls, _name: str, _bases: Any, value: Any) -> Any:
        return _Text(value)


_MIME: Final = ("Application", "Audio", "Base", "Image", "Message", "Multipart", "NonMultipart")
_KNOWN: Final[dict[tuple[str, str], type]] = {
    ("django.core.mail.message", "EmailMessage"): PickledMail,
    ("django.core.mail.message", "EmailMultiAlternatives"): PickledMail,
    ("django.core.mail.message", "EmailAlternative"): _Values,
    ("django.core.mail.message", "EmailAttachment"): _Values,
    ("django.core.mail.message", "SafeMIMEMessage"): PickledPart,
    ("django.core.mail.message", "SafeMIMEMultipart"): PickledPart,
    ("django.core.mail.message", "SafeMIMEText"): PickledPart,
    ("django.utils.safestring", "SafeString"): _Text,
    ("email.message", "EmailMessage"): PickledPart,
    ("email.message", "Message"): PickledPart,
    ("email.message", "MIMEPart"): PickledPart,
    **{(f"email.mime.{name.lower()}", f"MIME{name}"): PickledPart for name in _MIME},
    ("email.mime.text", "MIMEText"): PickledPart,
    ("email.headerregistry", "_reconstruct_header"): _Header,
    **{
        ("email.headerregistry", name): _Ignored
        for name in (
            "BaseHeader", "ContentDispositionHeader", "ContentTransferEncodingHeader",
            "ContentTypeHeader", "MIMEVersionHeader", "UnstructuredHeader",
        )
    },
    ("email._policybase", "Compat32"): _Ignored,
    ("email.charset", "Charset"): _Ignored,
    ("email.policy", "EmailPolicy"): _Ignored,
    ("mailer.backend", "DbBackend"): _Ignored,
    ("collections", "OrderedDict"): dict,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
}  # fmt: skip
# The trees of parsed headers: lists of lists.
_TREES: Final = "email._header_value_parser"


class _Reader(pickle.Unpickler):
    """An unpickler that finds only stand-ins."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self._made: dict[tuple[str, str], type] = {}

    def find_class(self, module: str, name: str) -> type:
        """The stand-in of a name. Raises UnreadableMailError for every other name."""
        if (module, name) not in self._made:
            self._made[module, name] = _stand_in(module, name)
        return self._made[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """References to objects outside the pickle are not allowed."""
        raise UnreadableMailError(f"its pickle refers to {str(pid)[:50]!r} outside itself")


def _stand_in(module: str, name: str) -> type:
    known = list if module == _TREES else _KNOWN.get((module, name))
    if known is not None:
        return type(name, (known,), {})
    if (module, name) == ("django.utils.functional", "_lazy_proxy_unpickle"):
        raise UnreadableMailError(
            "holds a lazy translation; its text depends on the sender's language"
        )
    raise UnreadableMailError(
        f"its pickle holds {module}.{name}, which is not read: only Django's e-mails, MIME parts "
        "and plain values are"
    )


def read_pickled(data: str) -> PickledMail:
    """The e-mail in a `message_data`: base64 of a pickle.

    Raises:
        UnreadableMailError: it is not one, is damaged, or holds anything but an e-mail.
    """
    try:
        pickled = base64.b64decode(data.encode("ascii"))
        found = _Reader(pickled).load()
    except UnreadableMailError:
        raise
    except (UnicodeEncodeError, binascii.Error) as error:
        raise UnreadableMailError(f"its message_data is not base64: {error}") from error
    except Exception as error:
        raise UnreadableMailError(
            f"its pickle is damaged: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, PickledMail):
        raise UnreadableMailError(f"its pickle is a {type(found).__name__}, not an e-mail")
    return found


def attributes(found: PickledMail | PickledPart) -> dict[str, Any]:
    """The stored attributes by name."""
    return dict(vars(found))
