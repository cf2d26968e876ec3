"""Requests a page of this container and prints its response: the health check of our images.

`python docker/probe.py PORT PATH` exits with 0 when the status is 200. `docker inspect` shows its
output for an unhealthy container.
"""

import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

_SECONDS = 4.0
_SHOWN = 500  # bytes of the response: enough to name the problem


def main(port: str, path: str) -> int:
    """The exit code: 0 healthy, 1 unhealthy or no response."""
    with closing(HTTPConnection("127.0.0.1", int(port), timeout=_SECONDS)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            words = answer.read(_SHOWN).decode(errors="replace")
        except (OSError, HTTPException) as error:
            sys.stdout.write(f"No answer from port {port}: {error}\n")
            return 1
    sys.stdout.write(f"{answer.status} {words}\n")
    return 0 if answer.status == HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
