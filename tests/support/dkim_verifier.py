"""A verifier of DKIM signatures written from RFC 6376 and RFC 8463, beside the one of dkimpy.

Relaxed/relaxed only. RSA by Python's own arithmetic (RFC 8017 8.2.2), Ed25519 by libsodium.
"""

import base64
import hashlib
import re

from dkim.crypto import parse_public_key
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")


def verified(message: bytes, record: str) -> bool:
    """Whether the first field of `message` is a signature that `record` proves."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields = [
        (field.partition(b":")[0].lower(), field) for field in re.split(rb"\r\n(?![ \t])", head)
    ]
    name, signature = fields.pop(0)
    assert name == b"dkim-signature"
    tags = _tags(signature.partition(b":")[2].decode())
    assert tags["c"] == "relaxed/relaxed"
    if base64.b64encode(hashlib.sha256(_body(body)).digest()).decode() != tags["bh"]:
        return False
    signed = b""
    for wanted in tags["h"].lower().split(":"):
        # From the bottom of the header upwards; a field that is not there is empty (5.4.2).
        for i in range(len(fields) - 1, -1, -1):
            if fields[i][0] == wanted.encode():
                signed += _field(fields.pop(i)[1]) + b"\r\n"
                break
    signed += _field(re.sub(rb"(?<=[;\s])b=[^;]*", b"b=", signature))
    digest = hashlib.sha256(signed).digest()
    value = base64.b64decode(tags["b"])
    key = base64.b64decode(_tags(record)["p"])
    if tags["a"] == "ed25519-sha256":
        try:
            VerifyKey(key).verify(digest, value)
        except BadSignatureError:
            return False
        return True
    public = parse_public_key(key)
    size = (public["modulus"].bit_length() + 7) // 8
    opened = pow(int.from_bytes(value, "big"), public["publicExponent"], public["modulus"])
    padded = b"\0\1" + b"\xff" * (size - 3 - len(_SHA256) - 32) + b"\0" + _SHA256 + digest
    return opened.to_bytes(size, "big") == padded


def _tags(text: str) -> dict[str, str]:
    parts = (tag.partition("=") for tag in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in parts}


def _field(field: bytes) -> bytes:
    """Relaxed (3.4.2)."""
    name, _, value = field.partition(b":")
    unfolded = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b""))
    return name.lower().strip() + b":" + unfolded.strip(b" ")


def _body(body: bytes) -> bytes:
    """Relaxed (3.4.4)."""
    text = re.sub(rb"[ \t]+\r\n", b"\r\n", re.sub(rb"[ \t]+", b" ", body))
    text = re.sub(rb"(?:\r\n)+\Z", b"", text)
    return text + b"\r\n" if text else b""
