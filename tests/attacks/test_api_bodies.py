"""Whatever body a client sends to an endpoint that writes, the answer is no server error."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from tests.support.thorough import examples

EXAMPLES = 300  # of each method
UNLIMITED = {
    "API_REQUESTS_PER_MINUTE": 0,
    "SUBMISSIONS_PER_ADDRESS_HOUR": 0,
    "SUBMISSIONS_PER_ADDRESS_DAY": 0,
    "SUBMISSIONS_PER_IP_HOUR": 0,
}
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 2**63, -(2**63) - 1, 1e308, "", " ", "\0", "\ud83d", "\u202e",
    "a" * 5000, "open",
    "2026-13-45", "24:00", "07:00+02:00", "1e3", "\u0661", "office@example.org", "daily", "DAILY",
    [], [None], {}, {"a": {"b": []}}, ["office@example.org"],
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(ODD),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
)
RAW = st.one_of(
    st.binary(max_size=60), st.sampled_from([b"", b"{", b"[" * 3000, b'{"a":1}x', b"NaN"])
)


def operations(method: str) -> list[tuple[str, list[str]]]:
    """Path with an id in it, and the fields that the schema names."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    found = []
    for path, methods in schema["paths"].items():
        if method not in methods:
            continue
        content: dict[str, Any] = methods[method].get("requestBody", {}).get("content", {})
        kinds: list[dict[str, Any]] = [*content.values(), {}]
        reference = str(kinds[0].get("schema", {}).get("$ref", ""))
        named = schema["components"]["schemas"].get(reference.rpartition("/")[2], {})
        parts = [("1" if part.startswith("{") else part) for part in path.split("/")]
        found.append(("/".join(parts), sorted(named.get("properties", {}))))
    return found


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_body_is_a_server_error(db: None, settings: Any, method: str) -> None:
    for name, value in UNLIMITED.items():
        setattr(settings, name, value)
    client = Client()
    client.force_login(User.objects.create_superuser("ann", "ann@example.org", "secret"))
    targets = operations(method)
    assert targets
    answered = set()

    @_many
    @given(target=st.sampled_from(targets), data=st.data())
    def send(target: tuple[str, list[str]], data: st.DataObject) -> None:
        path, fields = target
        if data.draw(st.booleans()) or not fields:
            names = st.sampled_from(fields) | st.text(max_size=9) if fields else st.text(max_size=9)
            body = json.dumps(data.draw(st.dictionaries(names, VALUES, max_size=9))).encode()
        elif data.draw(st.booleans()):
            body = json.dumps({name: data.draw(VALUES) for name in fields}).encode()
        else:
            body = data.draw(RAW)
        answer = client.generic(method.upper(), path, body, "application/json")
        answered.add(answer.status_code)
        assert answer.status_code < 500, (path, body)

    send()
    assert answered & {200, 201, 204, 400, 404}, answered


_many = bounds(
    max_examples=examples(EXAMPLES),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
