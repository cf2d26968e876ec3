"""DKIM signatures verify, cover what they should, and break when the message is changed."""

import base64
import random
import re
from functools import cache

import dkim
import pytest

from postroom.mailer.message.build import build
from postroom.mailer.message.dkim_key import read_key
from postroom.mailer.message.dkim_signing import DkimSigner
from postroom.mailer.rows.claimed_email import Attachment
from tests.support.dkim_verifier import verified
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
    present = {"from", "to", "subject", "date", "message-id", "mime-version", "content-type"}
    present |= {"list-unsubscribe", "list-unsubscribe-post"}
    assert {name for name in covered if covered.count(name) == 2} == present
    assert {"cc", "in-reply-to", "list-id", "references", "reply-to", "sender"} < set(covered)
    # A group's address that forwards an e-mail of no list may add its own list's name.
    of_no_list = signature(build(an_email(), content(), dkim=signer).data)["h"]
    assert "list-" not in of_no_list
    assert "references" in of_no_list


@pytest.mark.parametrize(
    "extra",
    [b"From: eve@evil.test\r\n", b"Subject: x\r\n", b"To: x@x.org\r\n", b"Date: x\r\n",
     b"Cc: x@x.org\r\n", b"Reply-To: x@x.org\r\n", b"Message-ID: <x@x>\r\n",
     b"MIME-Version: 1.0\r\n", b"Content-Type: text/html\r\n", b"Sender: x@x.org\r\n",
     b"References: <x@x>\r\n"],
)  # fmt: skip
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


SEED = bytes(range(32))
ED25519 = base64.b64encode(SEED)
ED25519_PEM = (
    b"-----BEGIN PRIVATE KEY-----\n"
    + base64.b64encode(bytes.fromhex("302e020100300506032b657004220420") + SEED)
    + b"\n-----END PRIVATE KEY-----\n"
)


# RFC 8410 10.3: version 2, with an attribute and the public key.
ED25519_V2 = b"""-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
"""


def test_ed25519_key_of_version_2_is_read() -> None:
    key = read_key(ED25519_V2)
    assert key.public == base64.b64decode("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")


@pytest.mark.parametrize("private", [ED25519, ED25519_PEM, ED25519_PEM.replace(b"\n", b"\r\n")])
def test_ed25519_signs_too(private: bytes) -> None:
    signer = DkimSigner("example.org", "mail", private)
    assert isinstance(signer.key.public, bytes)
    record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(signer.key.public)
    data = build(an_email(headers=HEADERS), content(), dkim=signer).data
    assert signature(data)["a"] == "ed25519-sha256"
    assert dkim.verify(data, dnsfunc=lambda name, timeout=5: record)
    assert verified(data, record.decode())
    assert not verified(data.replace(b"Hello", b"Hallo"), record.decode())
    assert signer.key.matches(record.decode())
    assert not signer.key.matches(key_pair(2048)[1].decode())


def test_a_second_verifier_agrees(signer: DkimSigner) -> None:
    record = key_pair(2048)[1].decode()
    data = build(an_email(headers=HEADERS), content(html="<p>ä</p>"), dkim=signer).data
    assert verified(data, record)
    assert not verified(data.replace(b"example.org", b"example.com"), record)
    assert signer.key.matches(record)


@pytest.mark.parametrize(
    ("tags", "counts"),
    [
        ("v=DKIM1; h=sha1:sha256; s=tlsrpt:email;", True),
        ("s=*;", True),
        ("v=DKIM2;", False),
        ("h=sha1;", False),
        ("s=other;", False),
    ],
)
def test_a_record_that_verifiers_leave_out_of_account_is_none(
    signer: DkimSigner, tags: str, counts: bool
) -> None:
    record = key_pair(2048)[1].decode()
    own = record[record.index("p=") :]
    assert signer.key.matches(f"{tags} {own}") is counts


def broken_key() -> bytes:
    """A key whose exponent is of another one."""
    text = key_pair(2048)[0]
    body = base64.b64decode(b"".join(text.split(b"\n")[1:-2]))
    changed = bytearray(body)
    changed[len(body) // 2 - 200] ^= 1
    return text.replace(base64.encodebytes(body), base64.encodebytes(bytes(changed)))


@pytest.mark.parametrize(
    ("private", "reason"),
    [
        (b"nonsense", "not an RSA or Ed25519 private key"),
        (base64.b64encode(b"x" * 31), "not an RSA or Ed25519 private key"),
        (key_pair(512)[0], "512 bits"),
        (key_pair(1024)[0], "1024 bits"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "PUBLIC KEY, not"),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
         "password"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "not an RSA"),
    ],
    ids=str,
)  # fmt: skip
def test_unusable_key_is_refused_at_the_start(private: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        DkimSigner("example.org", "mail", private)


def test_a_key_whose_numbers_do_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not belong together"):
        DkimSigner("example.org", "mail", broken_key())


@pytest.mark.parametrize(
    "domain",
    ["example.org; l=0", "exa mple", "exa mple.org", "example", "", "a..org", "-a.org", "a_b.org",
     "xn--0.org", "a@b.org", "a.org,b.org", "example.org\r\nX: y", "a" * 64 + ".org"],
)  # fmt: skip
def test_what_is_not_one_domain_is_refused(domain: str) -> None:
    with pytest.raises(ValueError, match="not one domain name"):
        DkimSigner(domain, "mail", ED25519)


def test_an_international_domain_signs_in_ascii() -> None:
    assert DkimSigner("Müller.example", "mail", ED25519).domain == "xn--mller-kva.example"


@pytest.mark.parametrize("selector", ["mail; l=0", "", "a b", "mail.", "ä", "a;d=evil.test", "-"])
def test_what_is_not_a_selector_is_refused(selector: str) -> None:
    with pytest.raises(ValueError, match="not a selector"):
        DkimSigner("example.org", selector, ED25519)


def test_key_is_never_shown(signer: DkimSigner) -> None:
    assert "PRIVATE" not in repr(signer)
