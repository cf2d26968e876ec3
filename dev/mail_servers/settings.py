"""How a mail server is set up, in words that do not depend on its kind."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Kind(StrEnum):
    """The servers there are."""

    POSTFIX = "postfix"
    EXIM = "exim"
    DOVECOT = "dovecot"


@dataclass(frozen=True)
class ServerSettings:
    """What the server limits, wants and refuses; 0 leaves a limit as the server's default.

    Raises, when the server is made:
        ServiceError: this kind of server cannot do it.
    """

    limit: int = 0  # connections at once
    limit_of: str = "client"  # "client": from one address, or of one login; "server": of all
    certificate: Path | None = None  # STARTTLS on `port`, TLS at once on `tls_port`
    key: Path | None = None
    login: tuple[str, str] | None = None  # Dovecot always has one
    recipients: int = 0  # per mail
    mails: int = 0  # per connection; the next one gets a 421
    errors: int = 0  # per connection, then a 421; recipients called unknown... are refused
    greylist: bool = False  # the first try of sender and recipient gets a 450
    strict_helo: bool = False  # HELO needs a full name or an address literal
    disk: int = 0  # kB: the queue is on a disk of this size


LOGIN = ("postroom", "secret")
