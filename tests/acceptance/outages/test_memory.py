"""The memory of a mailer, by the kernel, while it sends the largest e-mail that can be queued."""

import base64
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from postroom.shared.status import Status
from postroom.web.conf import conf
from tests.support.acceptance.system import System

MOST_MEGABYTES = 256
MEGABYTE = 1024 * 1024

SIGNING = {
    "DKIM_PRIVATE_KEY": base64.b64encode(bytes(range(32))).decode(),
    "DKIM_DOMAIN": "example.org",
    "DKIM_SELECTOR": "mail",
}


def peak(pid: int) -> float:
    """The most memory that the process had, in megabytes (proc(5), VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


def filled(line: str, size: int) -> str:
    """As many copies of the line as fit in so many bytes."""
    return line * (size // len(line.encode()))


def largest(name: str) -> dict[str, Any]:
    """The arguments of an e-mail that takes what the limits allow."""
    body, files = conf.email_max_body_bytes, conf.email_max_attachment_bytes
    text = filled("A line of the letter, with ä and €, for those who read it to its end.\n", body)
    wide = filled("<p>A paragraph for whom it may concern, with ä and €.</p>\n", body)
    if name.startswith("one file"):
        return {"attachments": [("data.bin", os.urandom(files), "application/octet-stream")]}
    if name == "many files":
        count = conf.email_max_attachments
        part = files // count
        return {
            "attachments": [
                (f"data{n}.bin", os.urandom(part), "application/octet-stream") for n in range(count)
            ]
        }
    if name == "HTML without text":
        return {"plain_body": "", "html_body": wide}
    if name.startswith("HTML of many tags"):
        return {"plain_body": "", "html_body": filled("<b>x</b>", body)}
    if name == "one line":
        return {"plain_body": filled("x" * 1000, body)}
    whole = {"plain_body": text, "html_body": wide}
    return whole | {"attachments": [("data.bin", os.urandom(files), "application/octet-stream")]}


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
@pytest.mark.parametrize(
    "name",
    [
        "one file",
        "one file, signed",
        "many files",
        "HTML without text",
        "HTML of many tags",
        "one line",
        "all together",
        "HTML of many tags, signed",
        "all together, signed",
    ],
)
def test_largest_email_takes_no_more_than_this(system: System, name: str) -> None:
    system.start_relay()
    mailer = system.start_mailer(**SIGNING if name.endswith("signed") else {})
    ids = system.queue(1, **largest(name))
    system.wait_until_settled()
    # All together are more than the mail catcher takes, and it says so at EHLO.
    ends = Status.FAILED if name.startswith("all together") else Status.COMPLETED
    assert system.statuses() == {ends: 1}
    most = peak(mailer.pid)
    print(f"{name}: {most:.0f} MB")
    assert most < MOST_MEGABYTES
    system.assert_contract(ids)
