"""One mail server: starts it, kills it, reads what it delivered."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from dev.mail_servers import dovecot, exim, postfix
from dev.mail_servers.maildir import Mail, Maildir
from dev.mail_servers.namespaces import Process, end, listening, open_network, start_in
from dev.mail_servers.plan import MAIL_USER, SMTP, SMTPS, Plan
from dev.mail_servers.roots import root_of, user_ids
from dev.mail_servers.settings import Kind, ServerSettings
from dev.processes import ServiceError, tail

_PLANS = {Kind.POSTFIX: postfix.plan, Kind.EXIM: exim.plan, Kind.DOVECOT: dovecot.plan}
_START_SECONDS = 60.0


class MailServer:
    """A server in namespaces of its own. A context manager; `start` and `kill` may alternate.

    `folder`: empty or not there yet; holds configuration, queue, log and maildir.

    Raises:
        ServiceError: it cannot be installed, does not start, or cannot do what the settings say.
    """

    def __init__(self, kind: Kind | str, settings: ServerSettings, folder: Path) -> None:
        self.kind = Kind(kind)
        self.settings = settings
        self.folder = folder.resolve()
        self.port = self.tls_port = 0
        self._root = root_of(self.kind)
        self._maildir = Maildir(self.folder / "mail")
        self._plan = self._configure()
        self._ports = [SMTP, *([SMTPS] if settings.certificate else [])]
        self._network: Process | None = None
        self._server: Process | None = None

    @property
    def running(self) -> Process:
        """The process whose only child is the first one of the server's.

        Raises:
            ServiceError: the server is not running.
        """
        if self._server is None:
            raise ServiceError(f"{self.kind} is not running.")
        return self._server

    def __enter__(self) -> Self:
        try:
            self._network, ports = open_network(self._ports, self._plan.helpers)
            self.port, self.tls_port, *_ = [*ports, 0]
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.kill()
        if self._network is not None:
            end(self._network)
            self._network = None

    def start(self) -> None:
        """Start the server on the same ports, with the queue it has; returns when it listens."""
        if self._network is None:
            raise ServiceError("A mail server is a context manager: write `with MailServer(...)`.")
        if self._server is not None:
            return
        self._server = start_in(
            self._network, self._root, self.folder, self._mounts(), self._plan.command
        )
        deadline = time.monotonic() + _START_SECONDS
        while not set(self._ports) <= listening(self._network):
            if self.running.poll() is not None or time.monotonic() > deadline:
                raise ServiceError(f"{self.kind} did not start:\n{self.log_tail()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would; its queue stays."""
        if self._server is not None:
            end(self._server)
            self._server = None

    def fill_disk(self) -> None:
        """Leave no room on the disk of the queue, which `disk` made small.

        Raises:
            ServiceError: the queue is not on such a disk.
        """
        disk = os.statvfs(self._spool())
        if disk.f_blocks * disk.f_frsize > self.settings.disk * 1024:
            raise ServiceError("The queue is on the machine's own disk: give it one by `disk`.")
        with self._filler().open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass  # until there is no space left

    def free_disk(self) -> None:
        """Undo `fill_disk`."""
        self._filler().unlink()

    def mails(self) -> list[Mail]:
        """Every delivery so far, oldest first."""
        return self._maildir.mails()

    def accepted(self) -> list[bytes]:
        """What arrived, as often as the server accepted it.

        A server that is killed between delivery and its note of it delivers the same file of its
        queue again. That does not count: the trace it put on top is the same.
        """
        mails = [mail.raw for mail in self.mails()]
        return mails if self.kind is Kind.DOVECOT else list(dict.fromkeys(mails))

    def queued(self) -> int:
        """How many mails it has accepted and not delivered yet."""
        folders = [self._spool() / name for name in self._plan.queues]
        return sum(self._plan.is_mail(path) for folder in folders for path in folder.rglob("*"))

    def log_tail(self, lines: int = 15) -> str:
        """The end of what the server printed at its start, and of its log."""
        files = (self.folder / "start.log", self._plan.log)
        return "\n".join(tail(path, lines) for path in files)

    def _configure(self) -> Plan:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self._maildir.create(user_ids(self._root, MAIL_USER))
        (self.folder / "tls").mkdir()
        for name in ("certificate", "key"):
            if given := getattr(self.settings, name):
                (self.folder / "tls" / f"{name}.pem").write_bytes(given.read_bytes())
        return _PLANS[self.kind](self.settings, self.folder, self._root)

    def _mounts(self) -> Iterator[str]:
        for place, source in self._plan.mounts.items():
            what = f'--bind "{source}"'
            if self.settings.disk and place == self._plan.spool:
                owner = source.stat()
                size = f"size={self.settings.disk}k,mode=755"
                what = f"-t tmpfs -o {size},uid={owner.st_uid},gid={owner.st_gid} tmpfs"
            yield f'{what} "$1{place}"'

    def _filler(self) -> Path:
        return self._spool() / "filler"

    def _spool(self) -> Path:
        """The folder of the queue as the server's processes see it, as it is mounted for them."""
        (first,) = psutil.Process(self.running.pid).children()
        return Path(f"/proc/{first.pid}/root{self._root}{self._plan.spool}")
