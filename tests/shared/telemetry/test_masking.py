"""No password of a URL or of libpq's text reaches the log."""

import json

import pytest
import structlog

from postroom.shared.telemetry import logs
from postroom.shared.telemetry.masking import mask_passwords


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("amqp://us:secret@host:5672//", "amqp://us:***@host:5672//"),
        ("see postgresql://us:se:c@re/t@host/db now", "see postgresql://us:***@host/db now"),
        ("ab://u:x@h cd://u:y@h", "ab://u:***@h cd://u:***@h"),
        ("host=db password=secret user=u", "host=db password=*** user=u"),
        ("password = 'se cr\\'et' user=u", "password = *** user=u"),
        ("?user=u&password=secret&x=1", "?user=u&password=***&x=1"),
        ("password authentication failed for user u", "password authentication failed for user u"),
        ("https://host/path", "https://host/path"),
        ("ann@example.org", "ann@example.org"),
    ],
)
def test_passwords_are_masked(text: str, masked: str) -> None:
    assert mask_passwords(text) == masked


def test_log_lines_hold_none(capfd: pytest.CaptureFixture[str]) -> None:
    configured = structlog.get_config()
    try:
        logs.configure(service="test", level="INFO")
        log = logs.logger("test")
        log.warning("away", error="cannot reach amqp://us:secret@host")
        log.error("broken", exc_info=ValueError("host=db password=secret"))
        log.info("well", error=None)
    finally:
        structlog.configure(**configured)
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["away", "broken", "well"]
    assert lines[2]["error"] is None
    assert "secret" not in json.dumps(lines)
