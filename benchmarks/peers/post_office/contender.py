"""django-post_office: one row per e-mail, sent by a command that runs until none is left."""

import os
import shutil

from benchmarks.contender import Contender, Load
from benchmarks.environment import peer_python
from benchmarks.message import BUILD

THREADS = {0: "4", 20: "32"}


class PostOffice(Contender):
    """Two processes, batches of 1,000, kept connections; the best number of threads per delay."""

    name = "post_office"
    tables = ("post_office_email", "post_office_attachment", "post_office_log")
    enqueue_module = "benchmarks.peers.post_office.enqueue"

    def prepare(self) -> None:
        self.python = peer_python(self.name)
        self.create_database()
        self.run([*self._django(), "migrate", "-v", "0"])
        self.empty()

    def empty(self) -> None:
        super().empty()
        shutil.rmtree(BUILD / "media", ignore_errors=True)

    def commands(self, load: Load) -> dict[str, list[str]]:
        return {"worker": [*self._django(), "send_queued_mail", "-p", str(load.processes)]}

    def settings(self, load: Load) -> dict[str, str]:
        return {"POST_OFFICE_THREADS": THREADS[load.delay_ms]}

    def environment(self, port: int = 25) -> dict[str, str]:
        settings = "benchmarks.peers.post_office.settings"
        return super().environment(port) | {"DJANGO_SETTINGS_MODULE": settings}

    def settle(self) -> None:
        """Wait until the command ends; it stays a zombie so that its CPU time remains readable."""
        for worker in self.workers.values():
            os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)

    def _django(self) -> list[str]:
        return [self.python, "-m", "django"]
