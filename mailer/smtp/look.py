"""Looks at many kept connections at once: are the servers still there, and silent?

A look of each connection's own would give the interpreter lock away once an e-mail, and under load
getting it back costs far more than the call.
"""

import select
from collections.abc import Iterable
from time import monotonic

from postroom.mailer.smtp.wire import Wire

LOOKED_SECONDS = 0.01  # how long this stands for a look of one's own


def look(wires: Iterable[Wire]) -> None:
    """Note, with one system call, which servers are still there and say nothing unasked.

    Nobody is judged here: a connection that is not silent is met by `Wire.quiet`.
    """
    poll = select.poll()
    asked: dict[int, Wire] = {}
    for wire in wires:
        if (sock := wire.to_look_at()) is not None:
            poll.register(sock, select.POLLIN)
            asked[sock.fileno()] = wire
    said = {fileno for fileno, _ in poll.poll(0)}
    until = monotonic() + LOOKED_SECONDS
    for fileno, wire in asked.items():
        if fileno not in said:
            wire.seen_quiet(until)
