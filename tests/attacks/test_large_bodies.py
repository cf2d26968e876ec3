"""The largest e-mail that a call takes is built, and its text derived, in bounded memory."""

import subprocess
import sys

import pytest

MEGABYTES = 256
SCRIPT = """
import resource, sys
from datetime import UTC, datetime
from postroom.mailer.message.build import build
from postroom.mailer.rows.claimed_email import Attachment, ClaimedEmail, Recipient
from postroom.shared.rendering.renderer import Renderer
from postroom.shared.status import RecipientKind
size = 10 * 1024 * 1024
unit = sys.argv[1].encode().decode("unicode_escape").encode("latin-1").decode()
html = (unit * (size // len(unit.encode()) + 1)).encode()[:size].decode(errors="ignore")
text = html if sys.argv[2] == "own" else ""
content = Renderer().from_bodies(subject="s", html=html, text=text)
assert content.text.strip() or not sys.argv[3]
files = (Attachment("a.bin", "application/pdf", bytes(25 * 1024 * 1024)),)
email = ClaimedEmail(
    1, "t", 1, 8, datetime.now(UTC), "<a@example.org>", "x", "s", "a@example.org",
    recipients=(Recipient(1, RecipientKind.TO, "b@example.org"),), attachments=files,
)
del html, text
assert len(build(email, content).data) > size
# Not ru_maxrss, which begins with that of the process that started this one.
(peak,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(peak.split()[1]) // 1024)
"""
UNITS = {
    "words": "some words of it ",
    "one word": "x",
    "line ends": r"\n",
    "tags": "<b>",
    "closed tags": "<p>a</p>",
    "rules": "<hr>",
    "breaks": "a<br>",
    "cells": "<table><td>a",
    "rows": "<tr><td>a<td>b",
    "links": "<a href=https://x.example/>a</a>",
    "preformatted": r"<pre>a\n\tb\n\n</pre>",
    "equals signs": r"=\xc3\xa4",
    "umlauts": r"\xc3\xa4 ",
    "emoji": r"\xf0\x9f\x98\x80",
    "style": "<style>p{top:0}</style><p>a</p>",
    "comments": "<!--a-->b",
    "angles": "<",
    "entities": "&amp;&lt;",
}


# A text of the call's own is only carried; the one made from the HTML is the risk.
@pytest.mark.parametrize(
    ("unit", "text"), [*((unit, "derived") for unit in UNITS), ("tags", "own"), ("one word", "own")]
)
def test_the_largest_body_takes_bounded_memory(unit: str, text: str) -> None:
    shown = "" if unit in ("line ends", "tags", "rules", "angles") else "shown"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, UNITS[unit], text, shown],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert int(done.stdout) < MEGABYTES
