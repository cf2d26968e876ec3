"""The message between the services: what is written is read, and junk is told apart."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.shared.broker.contract import TYPE, ContractError, EmailRequested, decode, encode

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
