"""Mail through a server that takes few connections: a mailer that knows nothing of the limit
against one that an operator has set to it by hand. On the real servers of `dev/mail_servers`."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contender import Load
from benchmarks.delivery import START_SECONDS, Figures
from benchmarks.ours.contender import Ours
from dev.mail_servers.server import MailServer
from dev.mail_servers.settings import LOGIN, Kind, ServerSettings

SETTINGS = {"MAILER_CONCURRENCY": "32", "MAILER_PREFETCH": "200"}  # the mailer's own defaults
SLOWEST = 2  # e-mails per second
_READY = "SELECT count(*) FROM postroom_mailer"
_SENT = "SELECT count(*) FROM postroom_emailqueue WHERE sent_at IS NOT NULL"
_SECONDS = (
    "SELECT extract(epoch FROM max(sent_at) - min(created_at))::float FROM postroom_emailqueue"
)
_EXTRA = "SELECT count(*) FROM postroom_emaillog WHERE outcome <> 'accepted'"


@dataclass(frozen=True)
class Limit:
    """One limit of connections, and how many mailers meet it."""

    kind: str
    of: str
    connections: int
    mailers: int

    @property
    def name(self) -> str:
        return f"{self.kind}, of {self.of}: {self.connections}, mailers: {self.mailers}"


LIMITS = [
    Limit(kind, of, connections, mailers)
    for kind in Kind
    for of in ("client", "server")
    for connections in (1, 3, 10, 20)
    for mailers in (1, 3)
]


class OursOnServer(Ours):
    """Postroom on a mail server that may want a login."""

    login: tuple[str, str] | None = None
    concurrency = 0  # 0: the default

    def settings(self, load: Load) -> dict[str, str]:
        by_hand = {"MAILER_CONCURRENCY": str(self.concurrency)} if self.concurrency else {}
        user, password = self.login or ("", "")
        login = {"EMAIL_HOST_USER": user, "EMAIL_HOST_PASSWORD": password}
        return SETTINGS | by_hand | login


def through(contender: OursOnServer, limit: Limit, mails: int) -> Figures:
    """Seconds from the first call to the last acceptance, by a mailer left alone (`seconds`) and by
    one set to the limit (`by_hand`), and their ratio; failed attempts of the former, and its
    e-mails that did not arrive within its time (`seconds` is then that time)."""
    by_hand, _, missing = _run(contender, limit, mails, by_hand=True)
    if missing:
        raise RuntimeError(f"{limit.name}, set by hand: {missing} e-mails are missing")
    alone, failed, missing = _run(contender, limit, mails, by_hand=False)
    ratio = alone / by_hand
    figures = {"seconds": alone, "by_hand": by_hand, "ratio": ratio, "failed_tries": failed}
    return figures | {"missing": missing}


def _run(
    contender: OursOnServer, limit: Limit, mails: int, *, by_hand: bool
) -> tuple[float, float, int]:
    settings = ServerSettings(limit=limit.connections, limit_of=limit.of)
    contender.login = LOGIN if limit.kind == Kind.DOVECOT else None
    contender.concurrency = limit.connections if by_hand else 0
    processes = 1 if by_hand else limit.mailers
    contender.empty()
    contender.ask(
        "WITH gone AS (DELETE FROM postroom_mailer RETURNING 1) SELECT count(*) FROM gone"
    )
    with (
        tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder,
        MailServer(limit.kind, settings, Path(folder)) as server,
    ):
        try:
            contender.start(Load(limit.name, processes=processes), server.port)
            if not _came(contender, _READY, processes, START_SECONDS):
                raise RuntimeError(f"The mailers do not start.\n{contender.logs()}")
            contender.enqueue(mails)
            allowed = START_SECONDS + mails / SLOWEST
            all_sent = _came(contender, _SENT, mails, allowed)
        finally:
            contender.stop()
        while server.queued():
            time.sleep(0.05)
        missing = mails - len(server.accepted())
    seconds = contender.ask(_SECONDS) if all_sent else allowed
    return seconds, contender.ask(_EXTRA), missing


def _came(contender: OursOnServer, query: str, count: int, seconds: float) -> bool:
    """Whether the number that the query asks for came to `count` within these seconds."""
    deadline = time.monotonic() + seconds
    while contender.ask(query) < count:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
