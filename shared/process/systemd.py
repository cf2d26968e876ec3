"""Reports a service's state to systemd (sd_notify(3))."""

import os
import socket
import sys
from contextlib import suppress


def notify(message: str) -> None:
    """Send `READY=1`, `WATCHDOG=1` or `STOPPING=1` if `NOTIFY_SOCKET` is set.

    Never raises and never waits: mail must not depend on systemd's receiving it.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or sys.platform == "win32":
        return
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as channel:
        # An abstract socket's name begins with NUL, written as @.
        channel.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        channel.sendall(message.encode())
