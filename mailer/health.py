"""Serves `/healthz`, `/readyz` and `/metrics`."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from postroom.mailer.metrics import Metrics


class HealthServer:
    """A small HTTP server on a local port.

    `/healthz` answers 200 while the process makes progress, `/readyz` 200 while it can send, and
    503 otherwise; both show in JSON what is wrong. `/metrics` is for Prometheus.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        alive: Callable[[], dict[str, str]],
        ready: Callable[[], dict[str, str]],
        metrics: Metrics,
    ) -> None:
        """`alive` and `ready` give what is wrong, by part; empty when nothing is."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/metrics":
                    self._answer(200, "text/plain; version=0.0.4", metrics.text())
                elif self.path in ("/healthz", "/readyz"):
                    wrong = (alive if self.path == "/healthz" else ready)()
                    body = json.dumps({"status": "unavailable" if wrong else "ok", **wrong})
                    self._answer(503 if wrong else 200, "application/json", body.encode())
                else:
                    self._answer(404, "text/plain", b"try /healthz, /readyz or /metrics\n")

            def _answer(self, code: int, kind: str, body: bytes) -> None:
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Probes come every few seconds: do not log them."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Serve on a thread."""
        threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="health", daemon=True
        ).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
