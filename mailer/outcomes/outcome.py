"""The possible outcomes of one attempt for one recipient.

`smtp/answers.py` turns server replies into these values, `retry_policy.py` decides from them, and
`rows/store.py` writes them. Nothing else knows reply codes (RFC 5321 4.2, RFC 3463).
"""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """How far the SMTP dialogue had got. Before FINAL every failure is safe to repeat."""

    RENDER = "render"
    CONNECT = "connect"
    TLS = "tls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Reply:
    """One server reply: basic code (0 when there was none) and text, addresses not yet masked."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took responsibility for this recipient (2yz to the final dot)."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Retry:
    """Certainly not accepted, worth another attempt.

    `min_delay` (seconds) is the shortest sensible wait, e.g. 60 for greylisting. `burns` is False
    when the attempt must not count (our session or the server was at fault, not the e-mail).
    `slow_down`: send more slowly from now on (4.7.x rate replies). `lost`: the connection failed
    after MAIL; this e-mail is the cause, or the server if several e-mails in a row meet it.
    `crowded`: the server has too many connections of ours; try over another one, with fewer.
    """

    phase: Phase
    reply: Reply
    error: str
    min_delay: float = 0.0
    burns: bool = True
    slow_down: bool = False
    lost: bool = False
    crowded: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Permanently refused. `hard_bounce`: the address itself does not exist (as 5.1.1 says)."""

    phase: Phase
    reply: Reply
    error: str
    hard_bounce: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The final dot was written and no usable answer came: it may have been accepted."""

    phase: Phase
    reply: Reply
    error: str


Outcome = Accepted | Retry | Failed | Unknown
