"""What a scripted SMTP server can be told: actions, rules and what it offers."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Action:
    """What to do instead of the usual answer: send `raw`, or one of the named kinds."""

    kind: str
    raw: bytes = b""


def say(*lines: str) -> Action:
    """Answer these lines, e.g. `say("451 4.7.1 greylisted")`."""
    return Action("send", "".join(line + "\r\n" for line in lines).encode())


GARBAGE = Action("send", b"\x00\xffthis is not SMTP\r\n")
LONG_LINE = Action("send", b"250 " + b"x" * 100_000 + b"\r\n")
ENDLESS = Action("endless", b"250-more\r\n")
DRIBBLE = Action("dribble", b"250-" + b"x" * 60 + b"\r\n")  # a byte each 20 ms, for ever
CLOSE = Action("close")
RESET = Action("reset")  # RST instead of FIN
HANG = Action("hang")  # until released, then the usual answer; or until the client leaves
LAST_REPLY = Action("last")  # the usual answer, then close


@dataclass(frozen=True)
class Rule:
    """`action` at `point`, where every given condition holds (numbers count from 1)."""

    point: str
    action: Action
    transaction: int | None = None  # the number of the MAIL, over all connections
    connection: int | None = None
    recipient: str | None = None
    sender: str | None = None  # of the transaction: tells e-mails apart that are sent side by side
    times: int | None = None  # how often at most
    keep: bool = False  # at dot: the message counts as accepted whatever is answered
    after: int = 0


@dataclass(frozen=True)
class Script:
    """What the server offers, and its rules; the first that fits is used."""

    pipelining: bool = True
    chunking: bool = False
    size: int | None = None
    smtputf8: bool = False
    starttls: bool = False
    implicit_tls: bool = False
    certificate: tuple[Path, Path] | None = None  # certificate, key
    auth: str = ""  # as advertised, e.g. "PLAIN LOGIN"
    rules: tuple[Rule, ...] = ()
    most: int | None = None  # connections at a time; one more is refused at the point `full_at`
    full_at: str = "connect"
    full: Action = Action("send", b"421 4.7.0 too many connections\r\n")
    notices_late: bool = False  # one that has left counts until another was refused for it

    def when(self, point: str, action: Action, **conditions: object) -> "Script":
        """This script with one more rule; conditions as in `Rule`."""
        return replace(self, rules=(*self.rules, Rule(point, action, **conditions)))  # type: ignore[arg-type]


@dataclass
class Transaction:
    """One MAIL and what followed. `data` as received, dots undoubled."""

    number: int
    connection: int
    sender: str
    parameters: str = ""
    recipients: tuple[str, ...] = ()
    data: bytes = b""


def make_certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """A self-signed certificate for `name` and its key, made in `folder` by openssl."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "2"]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key
