"""DKIM signatures verify, cover what they should, and break when the message is changed."""

import base64
import random
import re
from functools import cache

import dkim
import pytest

from postroom.mailer.message.build import build
from postroom.mailer.message.dkim_signing import DkimSigner
from postroom.mailer.rows.claimed_email import Attachment
from tests.support.sample_messages import an_email, content


def der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integers(*values: int) -> bytes:
    return der(0x30, b"".join(der(2, v.to_bytes(v.bit_length() // 8 + 1, "big")) for v in values))


def prime(source: random.Random, bits: int) -> int:
    while True:
        candidate = source.getrandbits(bits) | (3 << bits - 2) | 1
        if all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7)) and (
            candidate % 65537 != 1
        ):
            return candidate


@cache
def key_pair(bits: int) -> tuple[bytes, bytes]:
    """A PEM private key (PKCS#1) and the DNS record of its public half; made here, used nowhere."""
    source = random.Random(bits)
    p, q = prime(source, bits // 2), prime(source, bits // 2)
    n, e = p * q, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    private = integers(0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    kind = "RSA PRIVATE KEY"
    pem = f"-----BEGIN {kind}-----\n{base64.encodebytes(private).decode()}-----END {kind}-----\n"
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(integers(n, e))
    return pem.encode(), record


@pytest.fixture
def signer() -> DkimSigner:
    return DkimSigner("example.org", "mail", key_pair(2048)[0])


def verifies(data: bytes) -> bool:
    asked = []

    def txt(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return key_pair(2048)[1]

    result: bool = dkim.verify(data, dnsfunc=txt, minkey=2048)
    assert asked == [b"mail._domainkey.example.org."]
    return result


def signature(data: bytes) -> dict[str, str]:
    assert data.startswith(b"DKIM-Signature: ")
    field = re.match(rb"DKIM-Signature:(.*?)\r\n(?! )", data, re.S)
    assert field
    pairs = (tag.partition(b"=") for tag in re.sub(rb"\s+", b"", field[1]).split(b";"))
    return {name.decode(): value.decode() for name, _, value in pairs}


HEADERS = {
    "List-Unsubscribe": "<https://example.org/u/" + "x" * 120 + ">, <mailto:u@example.org>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Feedback-ID": "a:b:c:d",
}


def test_signed_message_verifies(signer: DkimSigner) -> None:
    files = (Attachment("ä.bin", "application/pdf", bytes(range(256)) * 100),)
    asked = an_email(headers=HEADERS, attachments=files)
    asked_content = content(
        subject="Grüße " * 30, text="trailing space \n\n\n", html="<p>ä</p>" * 50
    )
    data = build(asked, asked_content, dkim=signer).data
    assert verifies(data)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert data.endswith(build(asked, asked_content).data)


def test_signature_covers_what_matters_and_bounds_nothing(signer: DkimSigner) -> None:
    tags = signature(build(an_email(headers=HEADERS), content(), dkim=signer).data)
    covered = tags["h"].split(":")
    assert (tags["c"], tags["a"], tags["d"]) == ("relaxed/relaxed", "rsa-sha256", "example.org")
    assert "l" not in tags
    assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "message-id"} < set(covered)
    assert {name for name in covered if covered.count(name) == 2} == {
        "from", "subject", "to", "date",
    }  # fmt: skip


@pytest.mark.parametrize(
    "extra", [b"From: eve@evil.test\r\n", b"Subject: x\r\n", b"To: x@x.org\r\n", b"Date: x\r\n"]
)
def test_second_copy_of_a_field_breaks_the_signature(signer: DkimSigner, extra: bytes) -> None:
    data = build(an_email(), content(), dkim=signer).data
    head, separator, rest = data.partition(b"Auto-Submitted:")
    assert not verifies(head + extra + separator + rest)


def test_changed_body_breaks_the_signature(signer: DkimSigner) -> None:
    data = build(an_email(), content(), dkim=signer).data
    assert not verifies(data.replace(b"\r\n\r\nHello", b"\r\n\r\nHallo"))


def test_key_with_windows_line_ends_signs_too() -> None:
    signer = DkimSigner("example.org", "mail", key_pair(2048)[0].replace(b"\n", b"\r\n"))
    assert verifies(build(an_email(), content(), dkim=signer).data)


def test_unusable_key_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="not an RSA private key"):
        DkimSigner("example.org", "mail", b"nonsense")
    with pytest.raises(ValueError, match="512 bits"):
        DkimSigner("example.org", "mail", key_pair(512)[0])
    with pytest.raises(ValueError, match="ASCII"):
        DkimSigner("müller.example", "mail", key_pair(2048)[0])


def test_key_is_never_shown(signer: DkimSigner) -> None:
    assert "PRIVATE" not in repr(signer)
