"""The message between the services: what is written is read, and junk is told apart."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroom.shared.broker.contract import (
    TYPE,
    ContractError,
    DeadlyMessageError,
    EmailRequested,
    decode,
    encode,
)
from tests.support.thorough import examples

EVENT = EmailRequested(
    email_id=7, attempt=2, email_type="inquiry", source_app="submissions", traceparent="00-a-b-01"
)


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**31 - 1))
def test_what_is_encoded_is_decoded(email_id: int, attempt: int) -> None:
    body, properties = encode(EmailRequested(email_id, attempt), timestamp=0)
    assert isinstance(properties.type, str)
    event = decode(body, properties.type)
    assert (event.email_id, event.attempt) == (email_id, attempt)


def test_properties_tell_operators_what_it_is() -> None:
    _, properties = encode(EVENT, timestamp=1_700_000_000)
    assert properties.delivery_mode == 2
    assert properties.content_type == "application/json"
    assert properties.type == "email.requested.v1"
    assert properties.message_id == "email-7-2"
    assert properties.app_id == "postroom"
    assert properties.timestamp == 1_700_000_000
    assert properties.headers == {
        "email_type": "inquiry", "source_app": "submissions", "attempt": 2,
        "traceparent": "00-a-b-01",
    }  # fmt: skip


def test_body_holds_two_numbers_and_nothing_personal() -> None:
    body, _ = encode(EVENT, timestamp=0)
    assert json.loads(body) == {"email_id": 7, "attempt": 2}


def test_header_of_a_trace_is_left_out_when_there_is_none() -> None:
    _, properties = encode(EmailRequested(1, 1), timestamp=0)
    assert "traceparent" not in (properties.headers or {})


@pytest.mark.fault(45)
def test_fields_of_a_later_minor_version_are_ignored() -> None:
    assert decode(b'{"email_id":1,"attempt":1,"new":true}', TYPE).email_id == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"1", b"[]", b'"text"', b"{}", b"\xff\xfe", b"\x00", b"[1,2]", b"true",
        b'{"email_id":1}', b'{"attempt":1}', b'{"email_id":"1","attempt":1}', b"NaN", b"1" * 5000,
        b'{"email_id":1.0,"attempt":1}', b'{"email_id":true,"attempt":1}',
        b'{"email_id":null,"attempt":1}', b'{"email_id":0,"attempt":1}',
        b'{"email_id":-1,"attempt":1}', b'{"email_id":9223372036854775808,"attempt":1}',
        b'{"email_id":1,"attempt":"1"}', b'{"email_id":1,"attempt":true}',
        b'{"email_id":[1],"attempt":1}', b'{"email_id":1,"attempt":1}}', b"<xml/>",
        b"[" * 100_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
@pytest.mark.fault(41)
def test_junk_is_a_contract_error_and_never_another(body: bytes) -> None:
    with pytest.raises(ContractError):
        decode(body, TYPE)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(ContractError):
        decode(body, TYPE)


@pytest.mark.fault(45)
def test_unknown_version_is_told_with_the_one_that_is_known() -> None:
    with pytest.raises(ContractError, match=r"email\.requested\.v2 is not known.*v1"):
        decode(b'{"email_id":1,"attempt":1}', "email.requested.v2")


@pytest.mark.parametrize("message_type", [None, "", "order.placed.v1", "email.requested", "EMAIL"])
def test_message_of_another_type_is_refused(message_type: str | None) -> None:
    with pytest.raises(ContractError, match="is not"):
        decode(b'{"email_id":1,"attempt":1}', message_type)


# --- a publisher may put anything into a message

_TEXT = st.one_of(st.none(), st.text(max_size=80), st.binary(max_size=80))
_FIELD = st.recursive(
    st.one_of(
        _TEXT, st.booleans(), st.integers(), st.floats(), st.decimals(), st.datetimes(),
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=20) | st.binary(max_size=20), inner, max_size=4),
    max_leaves=4,
)  # fmt: skip
_OURS = st.sampled_from(
    ["x-delivery-count", "traceparent", "installation", "alone", "attempt", b"x-delivery-count"]
)
_HEADERS = st.none() | st.dictionaries(_OURS | st.text(max_size=20), _FIELD, max_size=4)
GOOD = b'{"email_id":7,"attempt":2}'


def mutated(data: bytes, changes: list[tuple[int, int]]) -> bytes:
    """Some octets of `data` are others now."""
    changed = bytearray(data)
    for place, octet in changes:
        changed[place % len(changed)] = octet
    return bytes(changed)


_BODY = st.binary(max_size=100) | st.just(GOOD) | st.builds(
    mutated,
    st.just(GOOD),
    st.lists(st.tuples(st.integers(0, 100), st.integers(0, 255)), max_size=3),
)  # fmt: skip


@settings(max_examples=examples(4500))
@given(_BODY, st.just(TYPE) | _TEXT | _FIELD, _HEADERS)
def test_any_message_is_read_or_refused(body: bytes, message_type: Any, headers: Any) -> None:
    try:
        event = decode(body, message_type, headers)
    except ContractError as error:
        assert len(str(error)) < 1000
        return
    assert message_type == TYPE
    assert type(event.email_id) is int
    assert type(event.attempt) is int
    assert type(event.returned) is int
    assert type(event.alone) is bool
    assert isinstance(event.traceparent, str)
    assert isinstance(event.installation, str)


@pytest.mark.parametrize("count", ["1", b"\xff", 1.0, True, -1, None, [1], {"a": 1}])
def test_delivery_count_that_is_no_number_is_refused(count: object) -> None:
    with pytest.raises(ContractError, match="x-delivery-count"):
        decode(GOOD, TYPE, {"x-delivery-count": count})


@pytest.mark.parametrize(
    "name", ["x", "0" * 15, "0" * 17, "G" * 16, b"0" * 16, 5, None, ["0" * 16]]
)
def test_installation_that_is_none_is_refused(name: object) -> None:
    with pytest.raises(ContractError, match="installation"):
        decode(GOOD, TYPE, {"installation": name})


@pytest.mark.parametrize("trace", [5, None, b"\xff", "x" * 56, "00-a\n", ["00-a"], {"a": 1}])
def test_trace_that_is_none_costs_no_email(trace: object) -> None:
    assert decode(GOOD, TYPE, {"traceparent": trace}).traceparent == ""


@pytest.mark.parametrize("message_type", [b"\xff\xfe", b"email.requested.v1", 5, ["email"], {}])
def test_type_that_is_no_text_is_refused(message_type: object) -> None:
    with pytest.raises(ContractError, match="is not email"):
        decode(GOOD, message_type)


def test_body_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(ContractError, match="longer than"):
        decode(GOOD + b" " * 100_000, TYPE)


DEATH = {
    "count": 1, "reason": "rejected", "queue": "q", "exchange": "e", "routing-keys": ["k"],
}  # fmt: skip


@pytest.mark.parametrize(
    "deaths",
    [True, None, "x", b"", 5, {}, [True], [{}], [[]], [DEATH, 1], [DEATH | {"count": "1"}],
     [DEATH | {"routing-keys": None}], [DEATH | {"queue": b"\xff"}]],
)  # fmt: skip
@pytest.mark.parametrize("body", [GOOD, b"{"])
def test_deaths_that_rabbitmq_did_not_write_are_deadly(deaths: object, body: bytes) -> None:
    with pytest.raises(DeadlyMessageError):
        decode(body, TYPE, {"x-death": deaths})


def test_message_that_was_taken_from_the_dead_queue_is_read() -> None:
    assert decode(GOOD, TYPE, {"x-death": [DEATH, DEATH]}).email_id == 7


def test_headers_of_the_relay_are_read_again() -> None:
    event = EVENT._replace(installation="0123456789abcdef", alone=True)
    body, properties = encode(event, timestamp=0)
    read = decode(body, properties.type, properties.headers)
    assert (read.installation, read.alone, read.traceparent) == (
        "0123456789abcdef",
        True,
        "00-a-b-01",
    )
    assert decode(body, TYPE, {"x-delivery-count": 3}).returned == 3
