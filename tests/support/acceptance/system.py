"""Postroom as it runs: real relays and mailers on a database and a broker of the test's own.

    relay, mailer = system.start_relay(), system.start_mailer(MAILER_CONCURRENCY=4)
    ids = system.queue(500, on_unknown="hold")
    system.wait_for_mail(100)
    mailer.kill()
    system.start_mailer()
    system.wait_until_settled()
    system.assert_contract(ids)

Mail goes to `system.catcher`: the fixture's Mailbox, or a ScriptedServer or MailServer set before
a mailer starts. In the test's own process Django uses the same database, so models and services
work too.
"""

import itertools
import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import psycopg

from dev.keeper import ROOT
from dev.mail_servers.server import MailServer
from dev.mailbox import Mailbox
from postroom.shared.status import Status
from tests.support.acceptance import delivery_contract
from tests.support.acceptance.broker import Broker
from tests.support.acceptance.program import Program
from tests.support.smtp.scripted_server import ScriptedServer
from tests.support.waits import PATIENCE, wait_until

SYSTEM_TEMPLATES = f"{ROOT}/web/systems/*/postroom_templates"
# Short waits, so that tests settle soon. Leases stay long: a slow machine must not look like a
# dead mailer unless a test kills one, which then passes `SHORT_LEASE` to it.
ENVIRONMENT = {
    "SECRET_KEY": "for tests only",
    "DEBUG": "0",  # with DEBUG=1 Django's processes do not log JSON
    "LOG_LEVEL": "INFO",
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_EHLO_NAME": "localhost",
    "EMAIL_HOST_USER": "",  # these three, lest those of a developer's .env count
    "EMAIL_USE_TLS": "0",
    "EMAIL_USE_SSL": "0",
    "EMAIL_TEMPLATE_DIRS": SYSTEM_TEMPLATES,
    "EMAIL_LEASE_SECONDS": "60",
    "EMAIL_LOST_AFTER_SECONDS": "2",
    "EMAIL_RETRY_BASE_SECONDS": "0.2",
    "MAILER_PROBE_SECONDS": "0.2",
    "MAILER_CONCURRENCY": "16",
    "MAILER_HEALTH_PORT": "0",
    "STAFF_EMAILS": "staff@example.org",
    "PYTHONUNBUFFERED": "1",
}
SHORT_LEASE: dict[str, Any] = {"EMAIL_LEASE_SECONDS": 2}
_FOREIGN = ("EMAIL_", "MAILER_", "DJANGO_", "DKIM_", "RABBITMQ_", "PYTEST_")


class System:
    """Starts, stops and watches the programs; asks the database and the catcher what happened."""

    def __init__(
        self,
        *,
        database_url: str,
        broker: Broker,
        catcher: Mailbox | ScriptedServer | MailServer,
        folder: Path,
    ) -> None:
        self.database_url = database_url
        self.broker = broker
        self.catcher = catcher
        self.environment = dict(ENVIRONMENT)
        self.before: Sequence[str] = ()  # a command that replaces itself by the program it starts
        self.programs: list[Program] = []
        self.started_from = ROOT
        self._folder = folder
        self._numbers = itertools.count(1)
        self._connection: psycopg.Connection[Any] | None = None

    # programs

    def start_relay(self, **environment: object) -> Program:
        """`manage.py relay_emails`; returns at once."""
        return self.start("relay", ["manage.py", "relay_emails"], **environment)

    def start_mailer(self, **environment: object) -> Program:
        """`postroom-mailer run`; returns at once. Keywords go to its environment."""
        return self.start("mailer", ["-m", "postroom.mailer", "run"], **environment)

    def start(self, kind: str, arguments: list[str], **environment: object) -> Program:
        """Any Python program of the project, with the test's services in its environment."""
        own = {
            "DATABASE_URL": self.database_url,
            "RABBITMQ_URL": self.broker.url,
            "EMAIL_PORT": str(self.catcher.port),
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
        values = inherited | self.environment | own | {k: str(v) for k, v in environment.items()}
        name = f"{kind}-{next(self._numbers)}"
        log = self._folder / f"{name}.log"
        program = Program(
            name, arguments, values, log, folder=self.started_from, before=self.before
        )
        self.programs.append(program)
        return program

    def close(self) -> None:
        """End every program and show the end of each log (pytest prints it for a failed test)."""
        for program in self.programs:
            if program.running:
                program.resume()
                program.terminate()
        for program in self.programs:
            program.end()
            print(f"--- {program.name} (pid {program.pid})\n{program.tail()}")
        if self._connection is not None:
            self._connection.close()

    # e-mails

    def queue(self, count: int = 1, **arguments: Any) -> list[int]:
        """Queue e-mails in one transaction, as any Django code does; their ids.

        Keywords go to `send_email_task`; a callable is called with the number of the e-mail.
        """
        from django.db import connection, transaction

        from postroom.web.emails.service import email_service

        connection.close()  # the test may have killed the server behind it
        ids = []
        with transaction.atomic():
            for number in range(count):
                defaults = {
                    "email_type": "acceptance",
                    "subject": f"Number {number}",
                    "recipients": [f"person{number}@example.org"],
                    "plain_body": f"This is number {number}.",
                }
                chosen = {k: v(number) if callable(v) else v for k, v in arguments.items()}
                ids.append(email_service.send_email_task(**(defaults | chosen)).pk)
        return ids

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement, on a connection of our own (autocommit)."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.database_url, autocommit=True)
        cursor = self._connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def statuses(self, email_ids: Collection[int] | None = None) -> Counter[str]:
        """How many e-mails are in each state; of all, or of these."""
        statement = "SELECT status, count(*) FROM postroom_emailqueue"
        if email_ids is None:
            return Counter(dict(self.query(f"{statement} GROUP BY 1")))
        return Counter(
            dict(self.query(f"{statement} WHERE id = ANY(%s) GROUP BY 1", list(email_ids)))
        )

    def ids_in(self, status: Status) -> set[int]:
        """The e-mails in this state."""
        return set(self._ids("SELECT id FROM postroom_emailqueue WHERE status = %s", status))

    def ids_logged(self, outcome: str) -> set[int]:
        """The e-mails with an attempt that ended so."""
        return set(self._ids("SELECT email_id FROM postroom_emaillog WHERE outcome = %s", outcome))

    def ids_flagged(self) -> set[int]:
        """The e-mails whose log says that they may have been sent twice."""
        return set(self._ids("SELECT email_id FROM postroom_emaillog WHERE possible_repeat"))

    def _ids(self, statement: str, *values: object) -> list[int]:
        return [row[0] for row in self.query(statement, *values)]

    # what arrived

    @property
    def mailbox(self) -> Mailbox:
        """The catcher, when it is a Mailbox."""
        assert isinstance(self.catcher, Mailbox)
        return self.catcher

    def arrived(self) -> list[bytes]:
        """Every accepted message as received, oldest first."""
        if isinstance(self.catcher, Mailbox):
            return [received.raw for received in self.catcher.messages]
        if isinstance(self.catcher, MailServer):
            return self.catcher.accepted()
        with self.catcher.changed:
            return [mail.data for mail in self.catcher.accepted]

    def copies(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(delivery_contract.message_id(raw) for raw in self.arrived())

    def repeated(self) -> set[int]:
        """The e-mails that arrived more than once."""
        twice = [name for name, count in self.copies().items() if count > 1]
        return set(
            self._ids("SELECT id FROM postroom_emailqueue WHERE message_id = ANY(%s)", twice)
        )

    # waiting

    def wait(self, condition: Callable[[], Any], within: float = PATIENCE) -> Any:
        """Wait for a condition, while no program ends by itself.

        A database that is away means "not yet".
        """

        def answered() -> Any:
            for program in self.programs:
                assert not program.crashed, f"{program.name} ended by itself:\n{program.tail()}"
            try:
                return condition()
            except psycopg.OperationalError:
                return None

        answered.__name__ = getattr(condition, "__name__", "condition")
        return wait_until(answered, within)

    def wait_for_mail(self, count: int, within: float = PATIENCE) -> None:
        """Wait until at least `count` messages were accepted."""

        def enough_mail() -> bool:
            return len(self.arrived()) >= count

        self.wait(enough_mail, within)

    def wait_until_settled(self, within: float = PATIENCE) -> Counter[str]:
        """Wait until nothing is pending or processing; the states then."""

        def settled() -> Counter[str] | None:
            counts = self.statuses()
            owed = counts[Status.PENDING] + counts[Status.PROCESSING]
            return None if owed else counts

        try:
            return self.wait(settled, within)
        except TimeoutError:
            raise TimeoutError(f"not settled after {within:g} s: {self.statuses()}") from None

    def wait_until_queues_are_empty(self, within: float = PATIENCE) -> None:
        """Wait until no queue, the dead one included, has a message and no mailer holds one."""

        def all_empty() -> bool:
            return not self.broker.all_ready() and not self.broker.held()

        self.wait(all_empty, within)

    def assert_contract(self, email_ids: Collection[int]) -> None:
        """Nothing lost, nothing claimed to be sent that was not, every repeat explained.

        For e-mails at rest; `hold` mail never twice, `unknown` counts as visible, not as lost.
        """
        delivery_contract.check(self, email_ids)
