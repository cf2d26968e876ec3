"""Without a collector only ids travel: OpenTelemetry is not loaded, every row has a trace."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from postroom.shared.telemetry import tracing

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    tracing.configure("test", {})


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_trace_of_the_caller_is_taken_over() -> None:
    with tracing.request("GET", CALLER) as answered:
        answered("a/", 200)
        assert tracing.current() == CALLER


@pytest.mark.parametrize(
    "header", ["", "nonsense", CALLER + "-x", CALLER.upper(), f"00-{'0' * 32}-{'1' * 16}-01"]
)
def test_nonsense_begins_a_new_trace_that_the_request_keeps(header: str) -> None:
    with tracing.request("GET", header):
        first, second = tracing.current(), tracing.current()
    assert first == second != header
    with tracing.request("GET", header):
        assert tracing.current() != first


def test_call_that_is_traced_returns_and_raises_as_before() -> None:
    def facts(result: int) -> dict[str, str | int]:
        return {"result": result}

    @tracing.traced("divide", facts)
    def divide(a: int, *, by: int) -> int:
        return a // by

    assert divide(6, by=2) == 3
    with pytest.raises(ZeroDivisionError):
        divide(6, by=0)


@pytest.mark.parametrize(
    "environment",
    [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, COLLECTOR | {"OTEL_SDK_DISABLED": "true"}],
)
def test_no_span_is_made_where_no_collector_is_named(environment: dict[str, str]) -> None:
    tracing.configure("test", environment)
    assert tracing.spans() is None


def test_services_load_nothing_of_opentelemetry_until_a_span_is_made() -> None:
    output = run(
        "import sys, postroom.mailer.process, postroom.mailer.attempt_span;"
        "from postroom.shared.telemetry import tracing;"
        f"tracing.configure('test', {COLLECTOR}); before = 'opentelemetry' in sys.modules;"
        "print(before, tracing.spans() is not None, 'opentelemetry' in sys.modules)"
    )
    assert output.split() == ["False", "True", "True"]


def test_missing_package_is_told_once_and_stops_nothing() -> None:
    output = run(
        "import sys; sys.modules['opentelemetry'] = None;"
        "from postroom.shared.telemetry import logs, tracing;"
        f"logs.configure(service='test'); tracing.configure('test', {COLLECTOR});"
        "print(tracing.spans(), tracing.spans(), bool(tracing.current()))"
    )
    assert "None None True" in output
    assert output.count("tracing_not_installed") == 1
    assert "postroom[tracing]" in output
