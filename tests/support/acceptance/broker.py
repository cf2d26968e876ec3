"""A test's virtual host seen from outside: messages put in by hand, counted, and taken out."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any
from urllib.parse import quote, urlsplit

import pika

from postroom.shared.broker import amqp, contract, topology
from postroom.shared.settings import BrokerSettings
from postroom.shared.status import Priority
from tests.support.waits import PATIENCE


@dataclass(frozen=True)
class Broker:
    """Opens a connection for each question, so that the test may stop the broker in between."""

    url: str
    manage: Callable[..., Any]  # RabbitMQ's HTTP API: method, path, body

    @property
    def vhost(self) -> str:
        """The virtual host's name."""
        return urlsplit(self.url).path.removeprefix("/")

    def create_vhost(self) -> None:
        """Make it again, empty, for the same user."""
        user = quote(urlsplit(self.url).username or "", safe="")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.manage("PUT", f"vhosts/{self.vhost}", {})
        self.manage("PUT", f"permissions/{self.vhost}/{user}", everything)

    def delete_vhost(self) -> None:
        """Delete it with all in it, under its users."""
        self.manage("DELETE", f"vhosts/{self.vhost}")

    def connections(self, name: str) -> list[dict[str, Any]]:
        """What RabbitMQ knows of connections whose name has `name` in it (some seconds old)."""
        found = self.manage("GET", f"vhosts/{self.vhost}/connections")
        return [
            c for c in found if name in c.get("client_properties", {}).get("connection_name", "")
        ]

    def held(self) -> int:
        """Messages delivered and not acknowledged (some seconds old)."""
        queues = self.manage("GET", f"queues/{self.vhost}")
        return sum(queue.get("messages_unacknowledged", 1) for queue in queues)

    def declare(self) -> None:
        """Make exchanges and queues, as relay and mailer do."""
        with self._channel() as channel:
            topology.declare(channel)

    def publish(self, email_ids: Iterable[int], *, times: int = 1) -> None:
        """One more message for each of these e-mails, or several."""
        encoded = [
            contract.encode(contract.EmailRequested(email_id=n, attempt=1), timestamp=0)
            for n in email_ids
        ]
        self.publish_raw([one for one in encoded for _ in range(times)])

    def publish_raw(
        self,
        messages: Iterable[tuple[bytes, pika.BasicProperties]],
        lane: Priority = Priority.NORMAL,
    ) -> None:
        """Any bytes with any properties; returns when RabbitMQ has each of them.

        Without confirms a queue may refuse one in silence: `reject-publish` does when the node is
        slow to register the publisher.
        """
        confirms: SimpleQueue[Any] = SimpleQueue()
        with self._channel() as channel:
            channel.confirm_delivery(confirms.put)
            for body, properties in messages:
                taken = False
                while not taken:
                    channel.basic_publish(
                        topology.EXCHANGE, topology.ROUTING_KEYS[lane], body, properties
                    )
                    answer = confirms.get(timeout=PATIENCE).method
                    taken = isinstance(answer, pika.spec.Basic.Ack)

    def ready(self, queue: str) -> int:
        """Messages of a queue that nobody holds."""
        with self._channel() as channel:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

    def all_ready(self) -> dict[str, int]:
        """The same for every queue that has some."""
        names = (*topology.QUEUES.values(), topology.DEAD_QUEUE)
        with self._channel() as channel:
            declared = {name: channel.queue_declare(name, passive=True) for name in names}
        counts = {name: int(answer.method.message_count) for name, answer in declared.items()}
        return {name: count for name, count in counts.items() if count}

    def take(self, queue: str) -> list[tuple[bytes, pika.BasicProperties]]:
        """Take every ready message out of a queue."""
        taken: list[tuple[bytes, pika.BasicProperties]] = []
        with self._channel() as channel:
            while True:
                method, properties, body = channel.basic_get(queue, auto_ack=True)
                if method is None:
                    return taken
                taken.append((body, properties))

    def hand_around(self, queue: str, *, times: int) -> None:
        """Take every ready message of a queue and lose the connection, so often."""
        for _ in range(times):
            with self._channel() as channel:
                while channel.basic_get(queue)[0] is not None:
                    pass

    def purge(self, queue: str) -> None:
        """Throw a queue's ready messages away."""
        with self._channel() as channel:
            channel.queue_purge(queue)

    def delete(self, queue: str) -> None:
        """Delete a queue under its consumers."""
        with self._channel() as channel:
            channel.queue_delete(queue)

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        connection = amqp.connect(BrokerSettings(url=self.url), name="acceptance test")
        try:
            yield connection.channel()
            # Closing waits for what was written before it.
            connection.close()
        finally:
            connection.abort(timeout=5)
