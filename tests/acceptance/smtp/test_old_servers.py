"""Servers without SMTPUTF8 (RFC 6531): one mailbox beyond ASCII costs nobody else the e-mail."""

from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from postroom.shared.status import Status
from tests.support.acceptance.short_timeouts import IMPATIENT
from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import ScriptedServer

JOERG = "jörg@bücher.example"
STRICT = policy.default.clone(raise_on_defect=True)
CASES: dict[str, dict[str, Any]] = {
    "to": {"recipients": ["ann@example.org", f"Jörg Müller <{JOERG}>"]},
    "cc": {"recipients": ["ann@example.org"], "cc": [JOERG]},
    "bcc": {"recipients": ["ann@example.org"], "bcc": [JOERG]},
    "reply-to": {"recipients": ["ann@example.org"], "reply_to": [f"Jörg <{JOERG}>"]},
}


def people(system: System, email_id: int) -> dict[str, str]:
    statement = "SELECT address, status FROM postroom_emailrecipient WHERE email_id = %s"
    return dict(system.query(statement, email_id))


def test_only_the_mailbox_that_cannot_be_reached_is_refused(
    system: System, smtp: ScriptedServer
) -> None:
    system.catcher = smtp
    ids = {name: system.queue(1, subject=name, **asked)[0] for name, asked in CASES.items()}
    system.start_relay()
    mailer = system.start_mailer(**IMPATIENT)
    system.wait_until_settled()
    for name, email_id in ids.items():
        reached = {"ann@example.org": "accepted"}
        assert people(system, email_id) == reached | (
            {} if name == "reply-to" else {JOERG: "refused"}
        )
    assert system.statuses([ids["reply-to"]]) == {Status.COMPLETED: 1}
    assert system.statuses([ids[name] for name in ("to", "cc", "bcc")]) == {Status.PARTIAL: 3}
    assert [t.recipients for t in smtp.accepted] == [("ann@example.org",)] * 4
    for sent in smtp.accepted:
        assert "SMTPUTF8" not in sent.parameters
        assert sent.data.isascii()
        message: Any = message_from_bytes(sent.data, policy=STRICT)
        kind = message["Subject"]
        shown = [
            group.display_name
            for field in ("To", "Cc", "Reply-To")
            for group in getattr(message[field], "groups", ())
            if not group.addresses
        ]
        assert shown == {
            "to": [f"Jörg Müller {JOERG}"], "cc": [JOERG], "bcc": [], "reply-to": [f"Jörg {JOERG}"],
        }[kind]  # fmt: skip
        if kind == "bcc":
            for trace in (b"xn--", b"rg@", b"J=C3"):
                assert trace not in sent.data
    # Requeued to a server that can, exactly he gets it.
    smtp.script = replace(smtp.script, smtputf8=True)
    mailer.stop()
    system.query("UPDATE postroom_emailrecipient SET status = 'pending' WHERE status = 'refused'")
    system.query(
        "UPDATE postroom_emailqueue SET status = 'pending', next_attempt_at = now(),"
        " published_at = NULL WHERE status = 'partial'"
    )
    system.start_mailer(**IMPATIENT)
    system.wait_until_settled()
    assert [t.recipients for t in smtp.accepted[4:]] == [("jörg@xn--bcher-kva.example",)] * 3
    assert all("SMTPUTF8" in t.parameters for t in smtp.accepted[4:])


@pytest.mark.parametrize("pipelining", [True, False])
def test_odd_addresses_are_written_as_the_standard_has_them(
    system: System, smtp: ScriptedServer, pipelining: bool
) -> None:
    system.catcher = smtp
    smtp.script = replace(smtp.script, pipelining=pipelining)
    odd = (
        '"john doe"@example.com', '"a..b"@docomo.example', "ann@[192.0.2.1]", "root@localhost",
        "ann@corp.local", "fax/+4930123@fax.example.org",
        "a@xn--strae-oqa.example", "a@strasse.example",
    )  # fmt: skip
    (email_id,) = system.queue(1, recipients=odd)
    system.start_relay()
    system.start_mailer(**IMPATIENT)
    system.wait_until_settled()
    assert set(people(system, email_id).values()) == {"accepted"}
    (sent,) = smtp.accepted
    assert sent.recipients == odd
    message: Any = message_from_bytes(sent.data, policy=STRICT)
    # Python's reader leaves the quotes out of what it has read.
    shown = [f"{a.username}@{a.domain}" for a in message["To"].addresses]
    assert shown == [address.replace('"', "") for address in odd]
    head = sent.data.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").decode()
    assert f"To: {', '.join(odd)}\r\n" in head
