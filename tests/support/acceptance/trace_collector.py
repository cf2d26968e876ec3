"""A collector of traces: takes what OpenTelemetry exports over HTTP (OTLP), and shows the spans."""

import gzip
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Seen:
    """One span as it arrived; ids in hexadecimal, `parent` empty for the first of a trace."""

    service: str
    name: str
    trace: str
    span: str
    parent: str
    facts: dict[str, str | int]
    failed: bool
    started_ns: int
    ended_ns: int


class Collector:
    """Listens on a free port while the block runs."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.spans += _read(body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def environment(self) -> dict[str, str]:
        """What makes a program send its spans here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.server_port}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "1",  # seconds a program waits for us when it ends
        }

    def named(self, name: str) -> list[Seen]:
        """Spans whose name begins so, in the order they ended."""
        found = [span for span in tuple(self.spans) if span.name.startswith(name)]
        return sorted(found, key=lambda span: span.ended_ns)

    def __enter__(self) -> "Collector":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _read(body: bytes) -> list[Seen]:
    return [
        Seen(
            service=str(_values(batch.resource.attributes)["service.name"]),
            name=span.name,
            trace=span.trace_id.hex(),
            span=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            facts=_values(span.attributes),
            failed=span.status.code == 2,
            started_ns=span.start_time_unix_nano,
            ended_ns=span.end_time_unix_nano,
        )
        for batch in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in batch.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Iterable[Any]) -> dict[str, str | int]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in attributes}
