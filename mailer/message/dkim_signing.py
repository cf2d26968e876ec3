"""DKIM signatures (RFC 6376, RFC 8463), for sites whose SMTP server does not sign."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import dkim

from postroom.mailer.message.body_hash import body_hash
from postroom.mailer.message.dkim_key import Key, domain_name, read_key, selector_name

# Signed once more than they occur: adding another one breaks the signature (RFC 6376 8.15).
# Feedback-ID is not here, only signed where it is: sending services add their own.
OVERSIGNED: Final = frozenset({
    "from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id", "mime-version",
    "content-type", "in-reply-to", "references",
})  # fmt: skip
# So are these in the e-mail of a list; in others not, because a group's address, which forwards to
# many, adds its own, and DMARC would refuse what it forwards.
OF_LISTS: Final = frozenset({"list-id", "list-unsubscribe", "list-unsubscribe-post"})
# Servers may change or add these on the way (RFC 6376 5.4.1).
UNSIGNED: Final = frozenset({"comments", "keywords", "content-transfer-encoding"})


@dataclass(frozen=True)
class DkimSigner:
    """Signs rsa-sha256 or ed25519-sha256, relaxed/relaxed, without `l=`, for one domain.

    `private_key`: see `read_key`.

    Raises:
        ValueError: domain, selector or key cannot be used; so this shows at the start, not with the
            first e-mail.
    """

    domain: str
    selector: str
    private_key: bytes = field(repr=False)
    key: Key = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", domain_name(self.domain))
        selector_name(self.selector)
        object.__setattr__(self, "key", read_key(self.private_key))

    @property
    def record_name(self) -> str:
        """Where the public half is published."""
        return f"{self.selector}._domainkey.{self.domain}"

    def sign(self, block: bytes, body: Iterable[bytes], names: Iterable[str]) -> bytes:
        """The DKIM-Signature field with its CRLF, to put in front of the message.

        `block` is the message's header with the empty line, `names` are its fields, and `body`
        comes in pieces. The fields of `OVERSIGNED` are signed even if absent, and those of
        `OF_LISTS` if one of them is present.
        """
        present = [lower for name in names if (lower := name.lower()) not in UNSIGNED]
        once_more = OVERSIGNED if OF_LISTS.isdisjoint(present) else OVERSIGNED | OF_LISTS
        covered = [name.encode() for name in (*present, *sorted(once_more))]
        signer = _Signer(block, signature_algorithm=self.key.algorithm)
        signer.body_hash = body_hash(body)
        signed: bytes = signer.sign(
            self.selector.encode(),
            self.domain.encode(),
            self.key.private,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=covered,
        )
        return signed


class _Signer(dkim.DKIM):  # type: ignore[misc]
    """Knows the hash of a body that it has not got.

    With the header it would make a list of all lines, of which there may be a million; and see
    `body_hash`.
    """

    body_hash = b""

    def gen_header(self, fields: list[tuple[bytes, bytes]], *others: Any, **named: Any) -> bytes:
        known = [(name, self.body_hash if name == b"bh" else value) for name, value in fields]
        header: bytes = super().gen_header(known, *others, **named)
        return header
