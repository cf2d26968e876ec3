"""Messages that pika 1.5 cannot decode, or that are too large: they reach us, marked as such.

A user who may publish can nest headers so deep that pika's decoder fails, which ends the
connection: the message comes again and ends it again. And pika joins a body of any size in memory.

Each function uses a private attribute of pika. With a version of pika without this attribute it
does nothing.
"""

from typing import Any, Final

import pika
from pika import frame, spec
from pika.channel import ContentFrameAssembler

from postroom.shared.broker.contract import DEATHS, LONGEST_BODY
from postroom.shared.telemetry.logs import logger

log = logger(__name__)

UNREADABLE: Final = "postroom.unreadable"  # `type` of a message whose properties pika cannot decode
_CONTENT_HEADER_OCTETS: Final = 14  # class, weight, body size, and flags of the properties


def survive_unreadable(connection: pika.Connection) -> None:
    """Deliver a message whose properties cannot be decoded with nothing but `type=UNREADABLE`.

    Any other exception on the I/O thread is logged; pika then ends the connection.
    """
    inner: Any = getattr(connection, "_connection", None)
    read = getattr(inner, "_on_data_available", None)
    if read is None or not hasattr(inner, "_frame_buffer"):
        return

    def read_all(data: bytes) -> None:
        while True:
            try:
                read(data)
            except Exception as error:
                # pika has cut off what it handled: what it could not decode now stands first.
                if not _replace_header(inner._frame_buffer, error):
                    log.exception("broker_data_failed")
                    raise
                data = b""
            else:
                return

    inner._on_data_available = read_all


def _replace_header(buffer: bytearray, error: Exception) -> bool:
    """Whether the first frame was a content header that pika cannot decode; it is one now."""
    if len(buffer) < spec.FRAME_HEADER_SIZE + _CONTENT_HEADER_OCTETS:
        return False
    kind, channel = buffer[0], int.from_bytes(buffer[1:3], "big")
    end = spec.FRAME_HEADER_SIZE + int.from_bytes(buffer[3:7], "big") + spec.FRAME_END_SIZE
    if kind != spec.FRAME_HEADER or len(buffer) < end or buffer[end - 1] != spec.FRAME_END:
        return False
    if _decodable(bytes(buffer[:end])):
        return False
    size = int.from_bytes(buffer[11:19], "big")
    # What stands under this name cannot be seen now: if it is there, it counts as forged.
    deaths = {DEATHS: False} if DEATHS.encode() in buffer[:end] else None
    properties = pika.BasicProperties(type=UNREADABLE, headers=deaths)
    buffer[:end] = frame.Header(channel, size, properties).marshal()
    log.error("message_not_decodable", channel=channel, octets=end, kind=type(error).__name__)
    return True


def _decodable(data: bytes) -> bool:
    try:
        frame.decode_frame(data)
    except Exception:  # noqa: BLE001 - whatever pika's decoder raises
        return False
    return True


def refuse_large_bodies(channel: Any) -> None:
    """Keep only the beginning of a body longer than `LONGEST_BODY`: it is still too long."""
    inner: Any = getattr(channel, "_channel", None)
    if hasattr(inner, "_content_assembler"):
        inner._content_assembler = _BoundedAssembler()


class _BoundedAssembler(ContentFrameAssembler):
    """Forgets fragments that nobody will read."""

    _seen_so_far: int
    _body_fragments: list[bytes]

    def _handle_body_frame(self, body_frame: frame.Body) -> Any:
        too_large = self._seen_so_far > LONGEST_BODY
        answer = super()._handle_body_frame(body_frame)
        if too_large and self._body_fragments:
            self._body_fragments.pop()
        return answer
