"""Postroom: a row for each e-mail, the relay, RabbitMQ with confirms, two mailer processes."""

import time

from benchmarks.contender import ROOT, Contender, Load
from benchmarks.environment import python_of
from benchmarks.message import TEMPLATES

# Uses the partial indexes: with both states in one condition PostgreSQL would read the whole table,
# which has millions of rows in one of the measures, and that work would be in our figures.
UNFINISHED = """SELECT EXISTS (SELECT FROM postroom_emailqueue WHERE status = 'processing')
    OR EXISTS (SELECT FROM postroom_emailqueue WHERE status = 'pending' AND published_at IS NULL)
    OR EXISTS (SELECT FROM postroom_emailqueue
               WHERE status = 'pending' AND published_at IS NOT NULL)"""
CONCURRENCY = {0: "100", 20: "160"}  # sessions per process, the best number for each delay
PREFETCH = "500"
SETTLE_SECONDS = 60


class Ours(Contender):
    """Everything the contract requires: committed row, confirmed message, claim, record, log."""

    name = "ours"
    tables = ("postroom_emailqueue", "postroom_attachmentblob")
    enqueue_module = "benchmarks.ours.enqueue"

    def prepare(self) -> None:
        self.python = python_of("ours", ROOT / "requirements" / "web.txt")
        self.create_database()
        self.run([self.python, "manage.py", "migrate", "-v", "0"])
        self.run([self.python, "-m", "postroom.mailer", "topology", "apply"])
        self.empty()

    def commands(self, load: Load) -> dict[str, list[str]]:
        return {
            "relay": [self.python, "manage.py", "relay_emails"],
            "mailer": [
                self.python,
                "-m",
                "postroom.mailer",
                "run",
                "--processes",
                str(load.processes),
            ],
        }

    def settings(self, load: Load) -> dict[str, str]:
        return {"MAILER_CONCURRENCY": CONCURRENCY[load.delay_ms], "MAILER_PREFETCH": PREFETCH}

    def environment(self, port: int = 25) -> dict[str, str]:
        return super().environment(port) | {
            "EMAIL_TEMPLATE_DIRS": str(TEMPLATES),
            "DEFAULT_FROM_EMAIL": "bench@example.com",
            "SECRET_KEY": "of the benchmark only, long enough for any check there may be",
            "DEBUG": "0",
        }

    def settle(self) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.ask(UNFINISHED):
            if time.monotonic() > deadline:
                raise TimeoutError("Some e-mails were accepted by the sink but never recorded.")
            time.sleep(0.05)
