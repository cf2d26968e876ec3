"""What the harness needs to know to run a server that a module of this package has configured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

SMTP, SMTPS = 25, 465  # in the server's own network
SINK, POLICY = 2525, 2526  # helpers there: the next hop, the greylist

HOSTNAME = "mail.example.test"
MAIL_USER = "mail"  # of every Debian system; owns the maildir


@dataclass(frozen=True)
class Plan:
    """`mounts`: folders of the server by their place in the root. `spool`: the place of its queue,
    which may be a small disk; `queues`: folders there that hold files of mails, of which `is_mail`
    is true for one per mail that was received to its end. `command`: starts it in the background.
    `helpers`: options of `inside.py`."""

    mounts: Mapping[str, Path]
    spool: str
    command: tuple[str, ...]
    log: Path
    queues: tuple[str, ...] = ()
    is_mail: Callable[[Path], bool] = Path.is_file
    helpers: tuple[str, ...] = ()


def lines(values: Mapping[str, object]) -> str:
    """`name = value` lines, as both Postfix and Exim read them."""
    return "".join(f"{name} = {value}\n" for name, value in values.items())
