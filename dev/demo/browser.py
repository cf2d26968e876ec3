"""The demo's HTTP client: keeps cookies, follows redirects, uploads files like a browser."""

import secrets
from collections.abc import Mapping
from http.client import HTTPResponse
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

Fields = Mapping[str, str | int]
# By field name: the file's name and content.
Files = Mapping[str, tuple[str, bytes]]


class RequestError(Exception):
    """A request failed; the message is one sentence that says how."""


class Browser:
    """One visitor of one site."""

    def __init__(self, site: str) -> None:
        self._site = site
        # Without a proxy, which could not reach our address.
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())

    def open(self, path: str, body: bytes | None = None, content_type: str = "") -> HTTPResponse:
        """GET, or POST the body; returns the response, after redirects.

        Raises:
            RequestError: no response, or an error status.
        """
        headers = {"Content-Type": content_type} if content_type else {}
        request = Request(self._site + path, body, headers)  # noqa: S310  our own site
        what = f"{request.get_method()} {path}"
        try:
            answer: HTTPResponse = self._opener.open(request, timeout=30)
            return answer
        except HTTPError as error:
            text = error.read().decode(errors="replace").strip()[:500]
            raise RequestError(f"{what} returned status {error.code}: {text}") from error
        except OSError as error:
            raise RequestError(f"{what} got no response: {error}") from error


def encoded(fields: Fields, files: Files) -> tuple[bytes, str]:
    """Body and content type of a form."""
    if not files:
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    boundary = secrets.token_hex(16)
    start = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    parts = [f'{start}{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items()]
    for name, (file_name, content) in files.items():
        head = f'{start}{name}"; filename="{file_name}"\r\nContent-Type: application/pdf\r\n\r\n'
        parts.append(head.encode() + content + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
