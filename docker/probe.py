"""Asks a page of this container and prints its answer: the health check of our images.

`python docker/probe.py PORT PATH` ends with 0 when the page answers 200. What it prints is what
`docker inspect` shows of a container that is ill.
"""

import sys
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

_SECONDS = 4.0
_SHOWN = 500  # bytes: enough for what is wrong, whatever the page


def main(port: str, path: str) -> int:
    """The exit code: 0 well, 1 ill or no answer."""
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
