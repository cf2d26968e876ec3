"""DKIM signatures (RFC 6376), for sites whose SMTP server does not sign."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

# Signed once more than they occur: adding another one breaks the signature (RFC 6376 8.15).
OVERSIGNED: Final = frozenset({"from", "subject", "to", "date"})
# Servers may change or add these on the way (RFC 6376 5.4.1).
UNSIGNED: Final = frozenset({"comments", "keywords", "content-transfer-encoding"})
SMALLEST_KEY: Final = 1024  # bits (RFC 8301 3.2); 2048 is what to use


@dataclass(frozen=True, slots=True)
class DkimSigner:
    """Signs rsa-sha256, relaxed/relaxed, without `l=`, for one domain and selector.

    `private_key` is an RSA key in PEM (PKCS#1 or PKCS#8).

    Raises:
        ValueError: the key cannot be used; so this shows at the start, not with the first e-mail.
    """

    domain: str
    selector: str
    private_key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not (self.domain.isascii() and self.selector.isascii()):
            raise ValueError("DKIM domain and selector must be ASCII; write xn-- names.")
        try:
            key = parse_pem_private_key(self._pem)
        except (UnparsableKeyError, ValueError):
            raise ValueError("The DKIM key is not an RSA private key in PEM form.") from None
        bits = int(key["modulus"]).bit_length()
        if bits < SMALLEST_KEY:
            raise ValueError(f"The DKIM key has {bits} bits; create one of 2048.")

    @property
    def _pem(self) -> bytes:
        return self.private_key.replace(b"\r\n", b"\n").strip()

    def sign(self, message: bytes, names: Iterable[str]) -> bytes:
        """The DKIM-Signature field with its CRLF, to put in front of `message`.

        `names` are the fields of the message; those of `OVERSIGNED` are signed even if absent.
        """
        present = [lower for name in names if (lower := name.lower()) not in UNSIGNED]
        covered = [name.encode() for name in (*present, *sorted(OVERSIGNED))]
        signed: bytes = dkim.DKIM(message).sign(
            self.selector.encode(),
            self.domain.encode(),
            self._pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=covered,
        )
        return signed
