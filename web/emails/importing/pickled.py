"""Reads pickled Django e-mails without running anything that a pickle may name.

A pickle is a program: read plainly, a row of the old table could run any code here. This reader
knows a short list of names. Each stands for a class of ours that only keeps what it is given, made
anew for every row, so that one row cannot change how the next is read. Whatever else a pickle names
ends the reading of that row.
"""

import base64
import binascii
import io
import pickle
from typing import Any, Final

from web.emails.importing.old_mail import Unreadable

_MAIL: Final = "django.core.mail.message"
_MESSAGES: Final = frozenset({"EmailMessage", "EmailMultiAlternatives"})
# Named tuples of Django 5.2 and later.
_TUPLES: Final = frozenset({"EmailAlternative", "EmailAttachment"})
_PARTS: Final = {
    _MAIL: {"SafeMIMEText", "SafeMIMEMultipart", "SafeMIMEMessage"},
    "email.message": {"Message", "EmailMessage", "MIMEPart"},
    "email.mime.application": {"MIMEApplication"},
    "email.mime.audio": {"MIMEAudio"},
    "email.mime.base": {"MIMEBase"},
    "email.mime.image": {"MIMEImage"},
    "email.mime.message": {"MIMEMessage"},
    "email.mime.multipart": {"MIMEMultipart"},
    "email.mime.nonmultipart": {"MIMENonMultipart"},
    "email.mime.text": {"MIMEText"},
}
# What hangs on an e-mail or a part and says nothing about it.
_KEPT: Final = {
    "email._policybase": {"Compat32"},
    "email.charset": {"Charset"},
    "mailer.backend": {"DbBackend"},
}
_TEXTS: Final = {
    "django.utils.safestring": {"SafeString", "SafeText"},
}


class PickledMail:
    """A pickled EmailMessage: its attributes by name."""


class PickledPart:
    """A pickled MIME part: its attributes by name."""


class _Reader(pickle.Unpickler):
    """An unpickler that finds nothing but stand-ins."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self._made: dict[tuple[str, str], type] = {}

    def find_class(self, module: str, name: str) -> type:
        """The stand-in of a name. Raises Unreadable for every other name."""
        if (module, name) not in self._made:
            self._made[module, name] = _stand_in(module, name)
        return self._made[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Nothing lies outside the pickle."""
        raise Unreadable(f"its pickle refers to {str(pid)[:50]!r} outside itself")


def _stand_in(module: str, name: str) -> type:
    if module == _MAIL and name in _MESSAGES:
        return type(name, (PickledMail,), {})
    if module == _MAIL and name in _TUPLES:
        return type(name, (), {"__new__": lambda _, *values: values})
    if name in _PARTS.get(module, ()):
        return type(name, (PickledPart,), {})
    if name in _KEPT.get(module, ()):
        return type(name, (), {})
    if name in _TEXTS.get(module, ()):
        return type(name, (str,), {})
    if (module, name) == ("collections", "OrderedDict"):
        return type(name, (dict,), {})
    if module == "builtins" and name in ("set", "frozenset"):
        return type(name, (frozenset if name == "frozenset" else set,), {})
    if (module, name) == ("django.utils.functional", "_lazy_proxy_unpickle"):
        raise Unreadable("holds a lazy translation; its words depend on the sender's language")
    raise Unreadable(
        f"its pickle holds {module}.{name}, which is not read: only Django's e-mails, MIME parts "
        "and plain values are"
    )


def read_pickled(data: str) -> PickledMail:
    """The e-mail in a `message_data`: base64 of a pickle.

    Raises:
        Unreadable: it is none, is damaged, or holds anything but e-mail.
    """
    try:
        pickled = base64.b64decode(data.encode("ascii"))
        found = _Reader(pickled).load()
    except Unreadable:
        raise
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Unreadable(f"its message_data is no base64: {error}") from error
    except Exception as error:
        raise Unreadable(f"its pickle is damaged: {type(error).__name__}: {error}") from error
    if not isinstance(found, PickledMail):
        raise Unreadable(f"its pickle is a {type(found).__name__}, not an e-mail")
    return found


def attributes(found: PickledMail | PickledPart) -> dict[str, Any]:
    """What was stored, by name."""
    return dict(vars(found))
