"""Begins a TLS handshake without reading: a server may have answered in clear text meanwhile.

`do_handshake` writes the ClientHello and reads at once. What is there in clear text, as a `421` of
a server that is too busy for TLS, OpenSSL takes for a broken record, and its beginning is lost.
"""

import contextlib
import os
import socket
import ssl


def first_flight(sock: ssl.SSLSocket) -> bytes:
    """The ClientHello, to be sent by the caller; `sock` then waits for the server's answer.

    For the time of one call the descriptor is an end of an empty pair of sockets, from which
    nothing can be read. Whatever the real one receives meanwhile stays there.

    Raises:
        OSError: no descriptor is left, or TLS cannot begin.
    """
    nearer, farther = socket.socketpair()
    with nearer, farther:
        nearer.setblocking(False)
        farther.setblocking(False)
        number = sock.fileno()
        real = os.dup(number)
        try:
            os.dup2(nearer.fileno(), number, inheritable=False)
            try:
                with contextlib.suppress(ssl.SSLWantReadError):
                    sock.do_handshake()
            finally:
                os.dup2(real, number, inheritable=False)
        finally:
            os.close(real)
        return farther.recv(65536)
