"""What pika cannot decode, and what is too large, reaches us as something that can be rejected."""

import struct
from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika import exceptions, frame, spec

from postroom.shared.broker.amqp_limits import (
    UNREADABLE,
    refuse_large_bodies,
    survive_unreadable,
)
from postroom.shared.broker.contract import LONGEST_BODY, ContractError, decode

CHANNEL = 3
DEEP = 2_000  # levels; pika's decoder calls itself for each


class Inner:
    """The part of pika's connection that reads: it decodes frames and passes them on."""

    def __init__(self) -> None:
        self._frame_buffer = bytearray()
        self.frames: list[Any] = []

    def _on_data_available(self, data: bytes) -> None:
        self._frame_buffer += data
        offset = 0
        try:
            while offset < len(self._frame_buffer):
                used, value = frame.decode_frame(self._frame_buffer, offset)
                if not value:
                    break
                offset += used
                self.frames.append(value)
        finally:
            del self._frame_buffer[:offset]


class Connection:
    """What `survive_unreadable` is given."""

    def __init__(self) -> None:
        self._connection = Inner()
        survive_unreadable(self)  # type: ignore[arg-type]

    def read(self, data: bytes) -> list[Any]:
        self._connection._on_data_available(data)
        return self._connection.frames


def nested(levels: int) -> bytes:
    """A field table with arrays in arrays."""
    value = b"V"
    for _ in range(levels):
        value = b"A" + struct.pack(">I", len(value)) + value
    table = b"\x01x" + value
    return struct.pack(">I", len(table)) + table


def header(properties: bytes, body_size: int = 5, channel: int = CHANNEL) -> bytes:
    """A content header frame with these octets as properties (AMQP 0-9-1, 4.2.6.1)."""
    payload = struct.pack(">HHQ", 60, 0, body_size) + properties
    return struct.pack(">BHI", 2, channel, len(payload)) + payload + b"\xce"


HEADERS_ONLY = struct.pack(">H", pika.BasicProperties.FLAG_HEADERS)
POISON = {
    "nested": HEADERS_ONLY + nested(DEEP),
    "field of an unknown type": HEADERS_ONLY + struct.pack(">I", 3) + b"\x01x?",
    "cut off": HEADERS_ONLY + struct.pack(">I", 500),
    "no properties at all": b"",
}


@pytest.mark.parametrize("name", POISON)
def test_properties_that_cannot_be_decoded_become_a_type_that_is_refused(name: str) -> None:
    with pytest.raises(Exception):  # noqa: B017 - whatever pika raises
        frame.decode_frame(header(POISON[name]))
    body = frame.Body(CHANNEL, b"12345").marshal()
    good = header(struct.pack(">H", 0))
    read = Connection().read(good + header(POISON[name]) + body + good)
    assert [type(one).__name__ for one in read] == ["Header", "Header", "Body", "Header"]
    assert (read[1].channel_number, read[1].body_size) == (CHANNEL, 5)
    assert read[1].properties.type == UNREADABLE
    assert read[1].properties.headers is None
    with pytest.raises(ContractError):
        decode(b"12345", read[1].properties.type, read[1].properties.headers)


def test_header_that_comes_in_pieces_is_waited_for() -> None:
    connection, data = Connection(), header(POISON["nested"])
    for place in range(0, len(data), 1000):
        read = connection.read(data[place : place + 1000])
    assert [one.properties.type for one in read] == [UNREADABLE]


def test_what_is_no_header_ends_the_connection_as_before() -> None:
    connection = Connection()
    with pytest.raises(exceptions.InvalidFrameError):
        connection.read(b"\x02\x00\x01\x00\x00\x00\x00X" + bytes(40))


@given(st.binary(max_size=300))
def test_whatever_properties_hold_the_frames_after_them_are_read(properties: bytes) -> None:
    body = frame.Body(CHANNEL, b"12345").marshal()
    read = Connection().read(header(properties) + body)
    assert [type(one).__name__ for one in read] == ["Header", "Body"]


class Channel:
    """A channel of pika's, for one message."""

    class _channel:
        _content_assembler: Any = None


@pytest.mark.parametrize(
    ("size", "most"), [(1, 1), (LONGEST_BODY, LONGEST_BODY), (50_000_000, 4 * LONGEST_BODY)]
)
def test_only_the_beginning_of_a_large_body_is_kept(size: int, most: int) -> None:
    channel = Channel()
    refuse_large_bodies(channel)
    assembler = channel._channel._content_assembler
    method = frame.Method(CHANNEL, spec.Basic.Deliver("tag", 1, False, "", ""))
    for _ in range(2):
        assembler.process(method)
        answer = assembler.process(frame.Header(CHANNEL, size, pika.BasicProperties()))
        left = size
        while left:
            assert answer is None
            part = bytes(min(left, 131_000))
            left -= len(part)
            answer = assembler.process(frame.Body(CHANNEL, part))
        _, _, body = answer
        assert len(body) <= most
        assert (len(body) > LONGEST_BODY) == (size > LONGEST_BODY)
