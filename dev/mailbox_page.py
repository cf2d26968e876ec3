"""The mail catcher's pages: a list, one message with its HTML in a sandbox, and both as JSON."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import quote

from dev.mailbox import LOOPBACK, Mailbox, Received

_STYLE = """
:root { color-scheme: light dark; --line: #d5dbe1; --soft: #f3f5f7; --quiet: #52606d;
        --link: #1a56b0; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a424b; --soft: #20262c; --quiet: #a3b0bd; --link: #8ab8ff; }
  body { color: #e4e9ee; background: #15191d; }
}
@media (prefers-color-scheme: light) { body { color: #1f2933; background: #fff; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; }
a { color: var(--link); }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem .8rem
       .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { white-space: nowrap; } td { overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--soft); padding: 1rem; }
iframe { box-sizing: border-box; width: 100%; height: 36rem; border: 1px solid var(--line);
         background: #fff; color-scheme: light; }
.mails td { overflow-wrap: break-word; } .mails td:first-child { white-space: nowrap; }
.mails td:last-child { overflow-wrap: anywhere; width: 60%; }
@media (max-width: 40rem) {
  body { margin: 1rem auto; }
  .mails tr:first-child { display: none; }
  .mails tr + tr { display: flex; flex-wrap: wrap; column-gap: 1rem; padding: .6rem 0;
              border-bottom: 1px solid var(--line); }
  .mails td { border: 0; padding: 0; color: var(--quiet); font-size: .9rem; }
  .mails td:last-child { order: -1; width: 100%; font-size: 1rem; }
  .headers th, .headers td { display: block; padding: .2rem 0; }
  .headers th { border: 0; padding-bottom: 0; color: var(--quiet); font-size: .9rem; }
}
"""
# A message's HTML may use styles and inline images; it runs no scripts and loads nothing.
_MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"


class Response(NamedTuple):
    """An HTTP response."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    policy: str = _PAGE_POLICY
    filename: str = ""


@contextmanager
def serve_page(mailbox: Mailbox, port: int = 0, *, host: str = LOOPBACK) -> Iterator[int]:
    """Serve the pages while the block runs; yields the port."""

    class PageHandler(_Handler):
        pass

    PageHandler.mailbox = mailbox
    server = ThreadingHTTPServer((host, port), PageHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(mailbox: Mailbox, path: str) -> Response | None:
    """The response for a path; None for an unknown path."""
    messages = mailbox.messages
    if path == "/":
        return Response(_list(messages).encode())
    if path == "/api/messages":
        return _json([summary(received) for received in messages])
    match = re.fullmatch(r"(?:/api)?/messages/(\d+)(/.*)?", path)
    received = next((r for r in messages if match and r.number == int(match[1])), None)
    if match is None or received is None:
        return None
    if path.startswith("/api"):
        return None if match[2] else _json(summary(received) | _bodies(received))
    match (match[2] or "").strip("/").split("/"):
        case [""]:
            return Response(_detail(received).encode())
        case ["html"] if received.html:
            return Response(received.html.encode(), policy=_MAIL_POLICY)
        case ["raw"]:
            return Response(received.raw, "text/plain; charset=utf-8", _MAIL_POLICY)
        case ["attachments", index] if index.isdigit() and int(index) < len(received.attachments):
            part = received.attachments[int(index)]
            content = part.get_payload(decode=True)
            name = part.get_filename() or "attachment"
            body = content if isinstance(content, bytes) else part.as_bytes()
            return Response(body, "application/octet-stream", _MAIL_POLICY, name)
    return None


def summary(received: Received) -> dict[str, Any]:
    """One message without its bodies, for JSON."""
    return {
        "id": received.number,
        "accepted_at": received.accepted_at.isoformat(),
        "mail_from": received.mail_from,
        "rcpt_tos": received.rcpt_tos,
        "message_id": _header(received, "Message-ID"),
        "from": _header(received, "From"),
        "to": _header(received, "To"),
        "subject": received.subject,
        "attachments": [part.get_filename() or "" for part in received.attachments],
        "size": len(received.raw),
    }


def _bodies(received: Received) -> dict[str, str]:
    return {"text": received.text, "html": received.html}


def _header(received: Received, name: str) -> str:
    return str(received.message[name] or "")


def _json(value: object) -> Response:
    return Response(json.dumps(value, indent=1).encode(), "application/json")


def _list(messages: list[Received]) -> str:
    rows = "".join(
        f"<tr><td>{r.accepted_at:%H:%M:%S}<td>{escape(', '.join(r.rcpt_tos))}"
        f'<td><a href="/messages/{r.number}">{escape(r.subject) or "(no subject)"}</a></tr>'
        for r in reversed(messages)
    )
    head = "<tr><th>Accepted (UTC)<th>To<th>Subject</tr>"
    table = (
        f'<table class="mails">{head}{rows}</table>' if rows else "<p>Nothing has arrived yet.</p>"
    )
    count = "1 mail" if len(messages) == 1 else f"{len(messages)} mails"
    return _page(count, f"<h1>{count}</h1>{table}")


def _detail(received: Received) -> str:
    base = f"/messages/{received.number}"
    headers = "".join(
        f"<tr><th>{escape(name)}<td>{escape(str(value))}</tr>"
        for name, value in received.message.items()
    )
    envelope = f"{received.mail_from} to {', '.join(received.rcpt_tos)}"
    parts = [f'<p><a href="/">All mails</a></p><h1>{escape(received.subject)}</h1>']
    rows = f"<tr><th>Envelope<td>{escape(envelope)}</tr>{headers}"
    parts.append(f'<table class="headers">{rows}</table>')
    if received.html:
        parts.append(f'<h2>HTML</h2><iframe sandbox src="{base}/html" title="HTML part"></iframe>')
    if received.text:
        parts.append(f"<h2>Text</h2><pre>{escape(received.text)}</pre>")
    for index, part in enumerate(received.attachments):
        name = escape(part.get_filename() or "attachment")
        parts.append(f'<p>Attachment: <a href="{base}/attachments/{index}">{name}</a></p>')
    parts.append(f'<p><a href="{base}/raw">Source</a></p>')
    return _page(received.subject, "".join(parts))


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><body>{body}</body></html>"
    )


class _Handler(BaseHTTPRequestHandler):
    mailbox: Mailbox

    def do_GET(self) -> None:
        result = answer(self.mailbox, self.path.partition("?")[0])
        if result is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", result.content_type)
        self.send_header("Content-Length", str(len(result.body)))
        self.send_header("Content-Security-Policy", result.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        if result.filename:
            name = quote(result.filename, safe="")
            self.send_header("Content-Disposition", f"attachment; filename*=UTF-8''{name}")
        self.end_headers()
        self.wfile.write(result.body)

    def log_message(self, *_arguments: object) -> None:
        """Silent: the terminal belongs to the demo."""
