"""A wire between a program and its server that a test can cut: bytes vanish, nothing is closed.

    with Wire(server.port) as wire:
        ...  # the program talks to 127.0.0.1:wire.port
        wire.cut()
        ...  # nothing arrives on either side, and no connection ends
        wire.mend()  # new connections work; the old ones stay silent for ever

As after a firewall has dropped its table: worse than a closed port, because only a time limit of
one's own ends the wait.
"""

import contextlib
import socket
import threading


class Wire:
    """Forwards TCP connections to a port on 127.0.0.1; a context manager."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        # Shared by the connections of one time; once set it stays set, also after `mend`.
        self._lost = threading.Event()
        self.swallowed = 0  # connections begun while the wire was cut

    def __enter__(self) -> "Wire":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listener, *self._sockets):
            each.close()

    def cut(self) -> None:
        """Nothing passes from now on, on old connections and new ones."""
        self._lost.set()

    def restore(self) -> None:
        """Connections begun from now on work; those that were cut stay silent."""
        self._lost = threading.Event()

    def _start(self, target: object, *values: object) -> None:
        thread = threading.Thread(target=target, args=values, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._sockets.append(near)
                if self._lost.is_set():
                    self.swallowed += 1
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    near.close()
                    continue
                self._sockets.append(far)
                for one, other in ((near, far), (far, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._start(self._pump, one, other, self._lost)

    def _pump(self, source: socket.socket, sink: socket.socket, lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while (data := source.recv(65536)) or not lost.is_set():
                if lost.is_set():
                    continue  # read on, so that the sender's buffer does not tell
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
