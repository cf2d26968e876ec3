"""Checks whether a starting broker serves clients yet."""

import socket
import urllib.error
import urllib.request


def speaks_amqp(port: int) -> bool:
    """Whether a broker on this port begins the AMQP handshake, as it does once it has booted."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


def serves_http(port: int) -> bool:
    """Whether the management page on this port responds."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
