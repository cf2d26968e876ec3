"""An e-mail that cannot be sent, for whatever reason, fails alone."""

from pathlib import Path
from typing import Any

import pytest

from postroom.shared.status import Status
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import HANG, Rule, Script, ScriptedServer, say

NESTED = "repeat('[', 5000) || repeat(']', 5000)"

# What a mistaken script, a careless migration or a bad disk may leave in a row: what is set by SQL
# after the e-mail was checked and queued, and a word of the error that then tells of it.
POISON: dict[str, tuple[str, str]] = {
    "template variable gone": ("template_path = 'inquiry/received', plain_body = ''", "variable"),
    "template that raises": ("template_path = 'raises.html', plain_body = ''", "division"),
    "body that cannot be written": ("template_path = 'nul.html', plain_body = ''", "NUL"),
    "subject empty": ("subject = ''", ""),
    "subject with a line break": ("subject = E'Hello\\r\\nBcc: thief@example.net'", ""),
    "header with a line break": (
        """headers = '{"X-A": "b\\r\\nBcc: thief@example.net"}'""",
        "X-A",
    ),
    "reserved header": ("""headers = '{"Bcc": "thief@example.net"}'""", "Bcc"),
    "headers as a list": ("headers = '[1]'", "headers"),
    "header that is no text": ("""headers = '{"X-A": 5}'""", ""),
    "sender that is no address": ("from_email = 'nobody'", "From"),
    "sender with a line break": ("from_email = E'a@example.org\\r\\nX: y'", "line break"),
    "reply-to as a number": ("reply_to = '5'", "reply_to"),
    "reply-to of numbers": ("reply_to = '[5]'", ""),
    "Message-ID with a line break": ("message_id = E'<a@b>\\r\\nBcc: x'", "Message-ID"),
    "language with a line break": ("language = E'de\\r\\nX: y'", "language"),
    "context as a list": ("template_path = 'inquiry/received', context = '[1]'", "context"),
    "context nested too deeply": (f"context = ({NESTED})::jsonb", "context"),
    "more attachments than are there": ("attachment_count = 3", "attachments"),
    "HTML nested too deeply": (
        "html_body = '<style>p{margin:0}</style>' || repeat('<div>', 50000)",
        "",
    ),
}  # fmt: skip
# These arrive: without a subject, or with one on one line, or with its <style>.
FIXED = {"subject empty", "subject with a line break", "HTML nested too deeply"}
BY_STATEMENT: dict[str, tuple[str, str]] = {
    "attachment gone": (
        "DELETE FROM postroom_emailattachment WHERE email_id = %s",
        "attachments were queued",
    ),
    "attachment with a type of two lines": (
        "UPDATE postroom_emailattachment SET mimetype = E'a/b\\r\\nX: y' WHERE email_id = %s",
        "type",
    ),
    "address with a line break": (
        "UPDATE postroom_emailrecipient SET address = E'a@example.org\\r\\nBcc: x'"
        " WHERE email_id = %s",
        "address",
    ),
    "address of blanks": (
        "UPDATE postroom_emailrecipient SET address = '   ' WHERE email_id = %s",
        "address",
    ),
    "display name with a line break": (
        "UPDATE postroom_emailrecipient SET display_name = E'A\\r\\nBcc: x' WHERE email_id = %s",
        "display name",
    ),
    "no address at all": ("DELETE FROM postroom_emailrecipient WHERE email_id = %s", ""),
}
FILE: dict[str, Any] = {"attachments": [("a.bin", b"abc", "application/octet-stream")]}


@pytest.mark.fault(39)
def test_poison_fails_alone_and_the_next_hundred_arrive_by_the_same_mailer(
    system: System, tmp_path: Path
) -> None:
    (tmp_path / "raises.html").write_text("<p>{{ 1 // 0 }}</p>")
    (tmp_path / "nul.html").write_text("<p>a\0b</p>")
    system.environment["EMAIL_TEMPLATE_DIRS"] += f",{tmp_path}"
    ids = {name: queue_one(system) for name in (*POISON, *BY_STATEMENT, "bytes gone")}
    for name, (change, _) in POISON.items():
        system.query(f"UPDATE postroom_emailqueue SET {change} WHERE id = %s", ids[name])
    for name, (statement, _) in BY_STATEMENT.items():
        system.query(statement, ids[name])
    lose_the_bytes(system, ids["bytes gone"])
    system.query("UPDATE postroom_emailqueue SET max_attempts = 2")
    neighbours = system.queue(100)
    system.start_relay()
    mailer = system.start_mailer(MAILER_CONCURRENCY=64)
    system.wait_until_settled()

    spared = {ids[name] for name in FIXED}
    poisoned = set(ids.values()) - spared
    assert system.statuses(neighbours) == {Status.COMPLETED: 100}
    assert system.statuses(spared) == {Status.COMPLETED: len(spared)}
    assert {name for name in ids if ids[name] in poisoned} == {
        name for name in ids if system.statuses([ids[name]]) == {Status.FAILED: 1}
    }
    reported = {name: last_error(system, email_id) for name, email_id in ids.items()}
    expected = {n: word for n, (_, word) in (POISON | BY_STATEMENT).items() if n not in FIXED}
    expected["bytes gone"] = "no longer exists"
    assert {
        n: reported[n] for n, word in expected.items() if not reported[n] or word not in reported[n]
    } == {}
    for mail in system.mailbox.messages:
        assert "Bcc" not in mail.message
        assert [address.startswith("person") for address in mail.rcpt_tos] == [True]
    strange = "SELECT 1 FROM postroom_emaillog WHERE possible_repeat OR outcome = 'lease_expired'"
    assert system.query(strange) == []

    (later,) = system.queue()
    system.wait(lambda: system.statuses([later]) == {Status.COMPLETED: 1})
    assert mailer.running
    names = system.query("SELECT DISTINCT mailer FROM postroom_emaillog")
    assert names == system.query("SELECT name FROM postroom_mailer")
    assert names[0][0].endswith(f":{mailer.pid}")
    assert mailer.stop() == 0
    system.assert_contract([*neighbours, *spared, later])
    system.wait(lambda: system.broker.all_ready().keys() <= {"email_notifications.dead"})


def queue_one(system: System) -> int:
    """An e-mail with a file."""
    return system.queue(1, **FILE)[0]


def lose_the_bytes(system: System, email_id: int) -> None:
    """As a restored backup or a bad disk might: the foreign key is not asked."""
    system.query(
        "UPDATE postroom_emailattachment SET name = 'lost.bin' WHERE email_id = %s", email_id
    )
    system.query("SET session_replication_role = replica")
    system.query(
        "UPDATE postroom_emailattachment SET blob_id = 'gone' WHERE email_id = %s", email_id
    )
    system.query("SET session_replication_role = origin")


def last_error(system: System, email_id: int) -> str:
    """What the row tells people."""
    ((error,),) = system.query("SELECT last_error FROM postroom_emailqueue WHERE id = %s", email_id)
    return str(error)


def test_result_that_cannot_be_written_holds_up_no_other(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    doomed, others = "doomed@example.com", 100
    hang = Rule("data", HANG, sender=doomed)
    refuse = Rule("dot", say("451 later"), sender=doomed)
    smtp.script = Script(rules=(hang, refuse, *smtp.script.rules))
    system.start_relay()
    mailer = system.start_mailer(EMAIL_LEASE_SECONDS=3)
    (poison,) = system.queue(1, from_email=doomed)
    smtp.wait_until(lambda server: "data" in server.reached)
    # An attempt that ends in "try again" would now leave a pending row with all attempts used.
    system.query("UPDATE postroom_emailqueue SET max_attempts = 1 WHERE id = %s", poison)
    neighbours = system.queue(others)
    system.wait(lambda: system.statuses(neighbours) == {Status.COMPLETED: others})
    smtp.release()
    mailer.wait_for_log("record_failed")
    system.wait_until_settled()
    assert system.statuses([poison]) == {Status.UNKNOWN: 1}, "the lease tells of it"
    (later,) = system.queue()
    system.wait(lambda: system.statuses([later]) == {Status.COMPLETED: 1})
    assert mailer.running
    assert mailer.stop() == 0
    system.assert_contract([*neighbours, later])
