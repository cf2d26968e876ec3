"""The hash of a body that comes piece by piece is that of what dkimpy makes of the whole."""

from base64 import b64encode
from hashlib import sha256

from dkim.canonicalization import Relaxed
from hypothesis import example, given
from hypothesis import strategies as st

from postroom.mailer.message.body_hash import body_hash

PIECES = st.lists(st.text(" \t\r\na", max_size=12).map(str.encode), max_size=8)


@given(PIECES)
@example([])
@example([b"\r\n", b"\r\n"])
@example([b"a \r", b"\n\r\n", b"\r\n"])
@example([b"a", b" \t", b" \r\n"])
@example([b" " * 70_000, b"\r\nb" + b"\r\n" * 70_000, b"c"])
def test_it_is_that_of_the_whole(pieces: list[bytes]) -> None:
    whole = Relaxed.canonicalize_body(b"".join(pieces))
    assert body_hash(pieces) == b64encode(sha256(whole).digest())
