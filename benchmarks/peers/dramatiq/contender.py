"""dramatiq: no row, no confirms; its worker renders and sends on kept connections."""

import time

from benchmarks.contender import Contender, Load
from benchmarks.environment import peer_python

THREADS = {0: "8", 20: "32"}


class Dramatiq(Contender):
    """Two processes on RabbitMQ; the best number of threads for each delay."""

    name = "dramatiq"
    enqueue_module = "benchmarks.peers.dramatiq.enqueue"

    def prepare(self) -> None:
        self.python = peer_python("dramatiq")
        self.empty()

    def empty(self) -> None:
        flush = "from benchmarks.peers.dramatiq.tasks import broker; broker.flush_all()"
        self.run([self.python, "-c", flush])

    def commands(self, load: Load) -> dict[str, list[str]]:
        options = ["--processes", str(load.processes), "--threads", THREADS[load.delay_ms]]
        module = "benchmarks.peers.dramatiq.tasks"
        return {"worker": [self.python, "-m", "dramatiq", module, *options]}

    def settle(self) -> None:
        """A worker acknowledges right after sending; there is no result to wait for."""
        time.sleep(0.2)


class DramatiqConfirmed(Dramatiq):
    """The same with publisher confirms: the fair comparison for a safe call."""

    name = "dramatiq_confirmed"

    def environment(self, port: int = 25) -> dict[str, str]:
        return super().environment(port) | {"DRAMATIQ_CONFIRM": "1"}
