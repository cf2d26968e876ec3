"""Private keys for DKIM, checked before the first e-mail is signed (RFC 6376, 8301, 8463)."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Any, Final

import idna
from dkim.crypto import UnparsableKeyError, parse_pem_private_key, parse_public_key
from nacl.signing import SigningKey

LEAST_BITS: Final = 2048  # RFC 8301 3.2 lets signers use 1024; large receivers no longer do
MOST_BITS: Final = 4096  # verifiers need not take more, and the record must fit a DNS answer

# The DER of an Ed25519 key in PKCS#8, of version 1 or 2, with its 32 octets (RFC 8410 7, RFC 5958).
_ED25519: Final = re.compile(
    rb"\x30(?:[\x00-\x7f]|\x81.)\x02\x01[\x00\x01]\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20(.{32}).*",
    re.DOTALL,
)
_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\n(.+?)\n-----END \1-----", re.DOTALL)
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_SELECTOR: Final = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_-]{1,63})*", re.I
)


@dataclass(frozen=True, slots=True)
class Key:
    """A usable key: what dkimpy signs with, `algorithm` as in the tag a=, and its public half."""

    algorithm: bytes
    private: bytes = field(repr=False)
    public: tuple[int, int] | bytes  # modulus and exponent, or the 32 octets of Ed25519

    def __str__(self) -> str:
        if isinstance(self.public, bytes):
            return "Ed25519"
        return f"RSA of {self.public[0].bit_length()} bits"

    def matches(self, record: str) -> bool:
        """Whether a published record (`v=DKIM1; k=rsa; p=...`) has the public half of this key."""
        parts = (tag.partition("=") for tag in record.split(";"))
        tags = {name.strip(): "".join(value.split()) for name, _, value in parts}
        kind = "ed25519" if isinstance(self.public, bytes) else "rsa"
        # A verifier takes no account of a record for something else (RFC 6376 3.6.1).
        if (
            tags.get("k", "rsa") != kind
            or tags.get("v", "DKIM1") != "DKIM1"
            or "sha256" not in tags.get("h", "sha256").split(":")
            or not {"*", "email"}.intersection(tags.get("s", "*").split(":"))
        ):
            return False
        try:
            data = base64.b64decode(tags.get("p", ""), validate=True)
            if kind == "ed25519":
                return data == self.public
            published: dict[str, Any] = parse_public_key(data)
        except (binascii.Error, UnparsableKeyError, ValueError, TypeError, IndexError):
            return False
        return (published["modulus"], published["publicExponent"]) == self.public


def read_key(text: bytes) -> Key:
    """An RSA key in PEM (PKCS#1, PKCS#8), or an Ed25519 key in PEM (PKCS#8) or base64.

    Raises:
        ValueError: it cannot be used; says why.
    """
    text = text.replace(b"\r\n", b"\n").strip()
    found = _PEM.search(text)
    if found is None:
        return _ed25519(_decoded(text))
    if b"ENCRYPTED" in found[1] + found[2]:
        raise ValueError("The DKIM key is protected by a password; give it without one.")
    if found[1] not in (b"PRIVATE KEY", b"RSA PRIVATE KEY"):
        raise ValueError(
            f"The DKIM key is a {found[1].decode()}, not an RSA or Ed25519 private key."
        )
    data = _decoded(found[2])
    return _ed25519(data) if _ED25519.fullmatch(data) else _rsa(found[0])


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        raise ValueError(_NO_KEY) from None


_NO_KEY: Final = "The DKIM key is not an RSA or Ed25519 private key in PEM form."


def _ed25519(data: bytes) -> Key:
    found = _ED25519.fullmatch(data)
    seed = found[1] if found else data
    if len(seed) != 32:
        raise ValueError(_NO_KEY)
    public = bytes(SigningKey(seed).verify_key)
    return Key(b"ed25519-sha256", base64.b64encode(seed), public)


def _rsa(pem: bytes) -> Key:
    try:
        key = parse_pem_private_key(pem)
        n, e, d, p, q = (
            int(key[name])
            for name in ("modulus", "publicExponent", "privateExponent", "prime1", "prime2")
        )
    except (UnparsableKeyError, ValueError, TypeError, IndexError):
        raise ValueError(_NO_KEY) from None
    if not LEAST_BITS <= n.bit_length() <= MOST_BITS:
        raise ValueError(
            f"The DKIM key has {n.bit_length()} bits; create one of {LEAST_BITS} (RFC 8301)."
        )
    whole = (
        p > 1 and q > 1 and p * q == n and e > 2 and e % 2
        and (d * e - 1) % (p - 1) == 0 and (d * e - 1) % (q - 1) == 0
        and int(key["exponent1"]) == d % (p - 1) and int(key["exponent2"]) == d % (q - 1)
        and int(key["coefficient"]) * q % p == 1
    )  # fmt: skip
    if not whole:
        raise ValueError("The numbers of the DKIM key do not belong together; create a new key.")
    return Key(b"rsa-sha256", pem, (n, e))


def domain_name(text: str) -> str:
    """One domain name in ASCII, an international one as xn-- (RFC 5890).

    Raises:
        ValueError: not one domain name, for example `example.org; l=0`.
    """
    name = text.rstrip(".").lower()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            name = ""
    if not _DOMAIN.fullmatch(name) or len(name) > 253 or not _is_idna(name):
        raise ValueError(f"DKIM_DOMAIN={text!r} is not one domain name such as example.org.")
    return name


def _is_idna(name: str) -> bool:
    try:
        for label in name.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return False
    return True


def selector_name(text: str) -> str:
    """A selector (RFC 6376 3.1). Raises ValueError for anything else."""
    if not _SELECTOR.fullmatch(text) or len(text) > 200:
        raise ValueError(
            f"DKIM_SELECTOR={text!r} is not a selector: letters, digits, '-' and '_', such as mail."
        )
    return text
