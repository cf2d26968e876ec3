"""gunicorn's settings, for every way to start the web process: `--config=python:` this module.

`GUNICORN_CMD_ARGS` and the command line win over them. One process answers `threads` requests at
once: a client that sends half a request and waits holds a thread, not the process. A proxy that
reads requests whole before it passes them on keeps such clients away (docs/deploy.md).
"""

import socket
import struct
from typing import Any, Final

worker_class = "gthread"
threads = 8  # each with a database connection of its own
timeout = 30  # seconds without a sign of life after which a worker process is replaced
graceful_timeout = 30  # seconds for requests under way at a stop
keepalive = 5
limit_request_line = 4094
limit_request_fields = 100
limit_request_field_size = 8190

SILENCE: Final = 15  # seconds in which a client must send or take something


def when_ready(server: Any) -> None:
    """End connections that say nothing: Linux hands these limits on to accepted sockets.

    gunicorn itself waits for the rest of a request as long as the connection is open.
    """
    limit = struct.pack("ll", SILENCE, 0)
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, limit)
