"""Queues e-mails as dramatiq messages: nothing is written to a database."""

from benchmarks import message
from benchmarks.loop import measure
from benchmarks.peers.dramatiq.tasks import broker, send

CONTEXT = message.context()
PDF_PATH = str(message.pdf_file(message.BUILD))


def enqueue(number: int, attachment: bool) -> None:
    send.send(message.recipient(number), CONTEXT, PDF_PATH if attachment else None)


if __name__ == "__main__":
    measure(enqueue)
    broker.close()
