"""Spans by OpenTelemetry; imported only when `shared/telemetry/tracing.py` has to make some.

A span holds no address, subject, body or error text: traces leave the mail system.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from postroom.shared.broker import topology
from postroom.shared.broker.contract import EmailRequested
from postroom.shared.telemetry.span_facts import Facts

_W3C = TraceContextTextMapPropagator()


class Spans:
    """Makes the spans of one process. Thread-safe, except for `publishing`."""

    def __init__(self, service: str) -> None:
        if isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            trace.set_tracer_provider(_provider(service))
        # Otherwise `opentelemetry-instrument` started us: use its provider and exporter.
        self._tracer = trace.get_tracer("postroom")

    def current(self) -> str:
        """The `traceparent` of the span this code runs in; empty when it runs in none."""
        return _traceparent(trace.get_current_span())

    @contextmanager
    def request(self, method: str, traceparent: str) -> Iterator[Callable[[str, int], None]]:
        """One HTTP request, unless other instrumentation has a span for it already."""
        if trace.get_current_span().get_span_context().is_valid:
            yield lambda _route, _status: None
            return
        with self._span(method, _below(traceparent), SpanKind.SERVER) as span:
            span.set_attribute("http.request.method", method)

            def answered(route: str, status: int) -> None:
                span.update_name(f"{method} {route}".strip())
                span.set_attributes({"http.route": route, "http.response.status_code": status})
                if status >= 500:
                    span.set_status(StatusCode.ERROR)

            yield answered

    @contextmanager
    def producing(self, name: str) -> Iterator[Callable[[Facts], None]]:
        """Code that makes an e-mail, as a child of the current span."""
        with self._span(name, None, SpanKind.PRODUCER) as span:
            yield span.set_attributes

    def publishing(self) -> "PublishSpans":
        """A new set of publish spans, for one publisher."""
        return PublishSpans(self._tracer)

    def ended(self, name: str, traceparent: str, *, ms: int, facts: Facts, error: str) -> None:
        """Record a consumer's work that ended now and took `ms` milliseconds."""
        now = time.time_ns()
        span = self._tracer.start_span(
            name,
            _below(traceparent),
            SpanKind.CONSUMER,
            attributes=dict(facts),
            start_time=now - ms * 1_000_000,
        )
        if error:
            span.set_status(StatusCode.ERROR, error)
        span.end(now)

    @contextmanager
    def _span(self, name: str, below: Context | None, kind: SpanKind) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name, below, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                # The class name only: the error's text may hold an address.
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise


class PublishSpans:
    """One span per message of a batch, from its publishing to its confirm."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer
        self._open: dict[int, Span] = {}

    def begin(self, event: EmailRequested) -> EmailRequested:
        """The event with the `traceparent` of its publish span, a child of the e-mail's."""
        span = self._tracer.start_span(
            f"publish {topology.EXCHANGE}",
            _below(event.traceparent),
            SpanKind.PRODUCER,
            attributes={
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "send",
                "messaging.destination.name": topology.EXCHANGE,
                "postroom.email.id": event.email_id,
                "postroom.attempt": event.attempt,
            },
        )
        self._open[event.email_id] = span
        return event._replace(traceparent=_traceparent(span))

    def end(self, confirmed: Collection[int]) -> None:
        """End all open spans; those that are not `confirmed` end as errors."""
        for email_id, span in self._open.items():
            if email_id not in confirmed:
                span.set_status(StatusCode.ERROR, "not confirmed")
            span.end()
        self._open = {}


def _provider(service: str) -> TracerProvider:
    # A name given here would win over OTEL_SERVICE_NAME.
    name = {} if os.environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: f"postroom-{service}"}
    provider = TracerProvider(resource=Resource.create(name))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _below(traceparent: str) -> Context:
    return _W3C.extract({"traceparent": traceparent}, Context())


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    if not context.is_valid:
        return ""
    ids = f"{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}"
    return f"00-{ids}-{context.trace_flags:02x}"
