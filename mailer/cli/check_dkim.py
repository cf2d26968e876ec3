"""DKIM as `postroom-mailer check` looks at it: the key, what DNS publishes, who the senders are."""

from collections.abc import Callable
from contextlib import closing

import psycopg

from postroom.mailer.errors import CheckFailedError
from postroom.mailer.message.dkim_signing import DkimSigner
from postroom.mailer.settings import MailerSettings
from postroom.shared.addresses import wire_address
from postroom.shared.header_rules import HeaderError, split_mailbox

# By the partial indexes of unfinished rows: finished ones are not read.
_SENDERS = """
SELECT DISTINCT from_email FROM (
  SELECT from_email FROM postroom_emailqueue WHERE status = 'pending' LIMIT 10000) waiting LIMIT 100
"""
_DNS_SECONDS = 5.0


class _NotAskedError(Exception):
    """DNS gave no answer, or cannot be asked here."""


def dkim(settings: MailerSettings) -> str:
    """What is signed, with what, and whether DNS and senders fit.

    Raises:
        CheckFailedError: no record, or one of another key, is published.
    """
    signer = settings.dkim
    if signer is None:
        return "no signature (DKIM_PRIVATE_KEY is not set)"
    said = f"d={signer.domain}, s={signer.selector}, {signer.key}; {published(signer, txt_records)}"
    others = sorted({sender for sender in _senders(settings) if not aligned(sender, signer.domain)})
    if others:
        said += (
            f"; warning: e-mails wait whose sender is of {', '.join(others[:3])}, for which this "
            "signature does not count (DMARC alignment)"
        )
    return said


def aligned(sender: str, domain: str) -> bool:
    """Whether a signature of `domain` counts for the domain `sender` (RFC 7489 3.1.1, relaxed).

    Without the list of public suffixes: one must be the other, or below it.
    """
    return sender == domain or sender.endswith(f".{domain}") or domain.endswith(f".{sender}")


def published(signer: DkimSigner, ask: Callable[[str], list[str]]) -> str:
    """Whether DNS has the public half of the key; `ask` gives the TXT records of a name.

    Raises:
        CheckFailedError: it has none, or another key.
    """
    try:
        records = ask(signer.record_name)
    except _NotAskedError as reason:
        return f"not compared with DNS: {reason}"
    if not records:
        raise CheckFailedError(
            f"DNS has no TXT record {signer.record_name}; publish the public key"
        )
    if not any(map(signer.key.matches, records)):
        raise CheckFailedError(
            f"the TXT record {signer.record_name} has another key than DKIM_PRIVATE_KEY"
        )
    return "published in DNS"


def txt_records(name: str) -> list[str]:
    """The TXT records of a name. Raises _NotAskedError."""
    try:
        import dns.exception
        import dns.resolver
    except ImportError:
        raise _NotAskedError("dnspython is not installed") from None
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_DNS_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise _NotAskedError(f"no answer ({type(error).__name__})") from None
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]


def _senders(settings: MailerSettings) -> list[str]:
    try:
        with closing(psycopg.connect(settings.database_url, connect_timeout=5)) as connection:
            rows = connection.execute(_SENDERS).fetchall()
    except psycopg.Error:
        return []  # the line about the database says why
    return [domain for row in rows if (domain := _domain(row[0]))]


def _domain(sender: str) -> str:
    try:
        return wire_address(split_mailbox(sender)[1]).rpartition("@")[2].lower()
    except HeaderError:
        return ""
