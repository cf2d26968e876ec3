"""The type and size of a picture, read from its first bytes (PNG, GIF 89a, JFIF)."""

import struct
from typing import Final

# Markers of JPEG that begin a frame, and so have its size (ITU T.81, table B.1).
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def image_size(content: bytes) -> tuple[str, int, int] | None:
    """The type such as `image/png`, width and height in pixels; None for anything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        found = ("image/png", *struct.unpack(">II", content[16:24].ljust(8, b"\0")))
    elif content[:6] in (b"GIF87a", b"GIF89a"):
        found = ("image/gif", *struct.unpack("<HH", content[6:10].ljust(4, b"\0")))
    elif content.startswith(b"\xff\xd8\xff"):
        found = ("image/jpeg", *_jpeg(content))
    else:
        return None
    return found if found[1] and found[2] else None


def _jpeg(content: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        length, _, height, width = struct.unpack(">HBHH", content[at + 2 : at + 9])
        if marker in _FRAMES:
            return width, height
        at += 2 + length
    return 0, 0
