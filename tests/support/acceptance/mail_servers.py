"""Mailers on a real mail server (dev/mail_servers), and what must be true afterwards."""

import select
import smtplib
from collections.abc import Collection
from typing import Any

from dev.mail_servers.server import MailServer
from dev.mail_servers.settings import LOGIN, Kind
from postroom.shared.status import Status
from tests.support.acceptance.system import System

# What an operator gets who sets nothing.
DEFAULT_CONCURRENCY = 32
# The first events after which a mailer knows what it can do with the server.
_DECIDED = ("smtp_usable", "standing_by", "smtp_probe_failed")


def access(server: MailServer) -> dict[str, Any]:
    """The settings of a mailer for this server: a login where it wants one."""
    if server.kind is not Kind.DOVECOT and not server.settings.login:
        return {}
    user, password = server.settings.login or LOGIN
    return {"EMAIL_HOST_USER": user, "EMAIL_HOST_PASSWORD": password}


def begin(system: System, server: MailServer, *, mailers: int = 1, **environment: Any) -> None:
    """Relay and mailers on this server."""
    system.catcher = server
    system.start_relay()
    values = {"MAILER_CONCURRENCY": DEFAULT_CONCURRENCY} | access(server) | environment
    started = [system.start_mailer(**values) for _ in range(mailers)]
    for mailer in started:
        system.wait(lambda: any(map(mailer.logged, _DECIDED)))  # noqa: B023


def wait_until_delivered(system: System, server: MailServer, ids: Collection[int]) -> None:
    """Wait until all are at rest and the server has none left in its queue."""
    system.wait_until_settled()
    system.wait(lambda: not server.queued())
    if server.kind is not Kind.DOVECOT:  # whose next hop keeps a mail before it is accepted
        system.wait_for_mail(system.statuses(ids)[Status.COMPLETED])


def counted_attempts(system: System) -> set[int]:
    """How many attempts the e-mails used up."""
    return {row[0] for row in system.query("SELECT DISTINCT attempts FROM postroom_emailqueue")}


def outcomes(system: System) -> set[tuple[str, int]]:
    """Outcome and number of every attempt in the log."""
    return set(system.query("SELECT DISTINCT outcome, attempt FROM postroom_emaillog"))


def events(system: System, event: str) -> list[dict[str, Any]]:
    """The log lines of this event, of all programs."""
    return [line for program in system.programs for line in program.logged(event)]


class Client:
    """A plain SMTP client that holds a connection, to see what a server allows."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp = smtplib.SMTP(timeout=60, local_hostname="client.example.test")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._smtp.close()

    def begin(self) -> tuple[str, int, str]:
        """Go as far as MAIL: the phase that the server refused, code and text; else "ready".

        Phase and code are those of the last reply; code 0: the server closed without a reply.
        """
        phase = "connect"
        try:
            code, text = self._smtp.connect("127.0.0.1", self._server.port)
            if code == 220:
                phase = "ehlo"
                code, text = self._smtp.ehlo()
            if code == 250 and (login := access(self._server)):
                phase = "auth"
                code, text = self._log_in(*login.values())
            if code in (235, 250):
                phase = "mail"
                code, text = self._smtp.mail("client@example.test")
        except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
            return phase, 0, str(error)
        return ("ready" if (phase, code) == ("mail", 250) else phase), code, text.decode()

    def connect_silently(self) -> None:
        """Connect, and read nothing yet."""
        self._smtp.sock = self._smtp._get_socket("127.0.0.1", self._server.port, 60)  # type: ignore[attr-defined]

    def greeted(self, within: float) -> bool:
        """Whether the server says something within so many seconds."""
        sock = self._smtp.sock
        assert sock is not None
        return bool(select.select([sock], [], [], within)[0])

    def quit(self) -> None:
        """Say goodbye."""
        self._smtp.quit()

    def _log_in(self, user: str, password: str) -> tuple[int, bytes]:
        try:
            self._smtp.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code, bytes(str(error.smtp_error), "ascii")
        return 235, b""
