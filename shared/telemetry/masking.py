"""Hides passwords, and the local part of e-mail addresses, in text for logs or the screen."""

import re

# The look-behind lets a match begin only at the start of a word: linear on text without an "@".
_ADDRESS = re.compile(
    r"\"([^\"@\s])[^\"\r\n]{0,200}\"@([^\s<>@\"',;:()]+)"
    r"|(?<![^\s<>@\"',;:()])([^\s<>@\"',;:()])[^\s<>@\"',;:()]*@([^\s<>@\"',;:()]+)"
)
# Up to the last "@": passwords that should have been quoted hold others.
_LOGIN = re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@?#]{0,100}):\S{0,500}@")
_PASSWORD = re.compile(r"(password\s?=\s?)('(?:\\.|[^'\\])*'|[^\s&]+)", re.IGNORECASE)


def mask_passwords(text: str) -> str:
    """`amqp://us:secret@host` becomes `amqp://us:***@host`, `password=x` becomes `password=***`.

    For texts of other programs and libraries; our own never hold a password.
    """
    if "://" in text:
        text = _LOGIN.sub(r"\1:***@", text)
    return _PASSWORD.sub(r"\1***", text)


def mask_addresses(text: str) -> str:
    """`ann.lee@example.org` becomes `a***@example.org`."""
    return _ADDRESS.sub(lambda m: f"{m[1] or m[3]}***@{m[2] or m[4]}", text)
