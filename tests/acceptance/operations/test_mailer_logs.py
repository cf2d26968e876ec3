"""The mailer's log: every line is JSON, and no address stands in it."""

import json

from tests.support.acceptance.system import System
from tests.support.smtp.scripted_server import Rule, Script, ScriptedServer, say


def test_every_line_is_json_and_no_address_stands_in_a_log(
    system: System, smtp: ScriptedServer
) -> None:
    person = "quite.unusual+name"
    system.catcher = smtp
    rules = [
        Rule(
            "rcpt",
            say(f"550 5.1.1 <{person}1@example.org> unknown"),
            recipient=f"{person}1@example.org",
        ),
        Rule(
            "rcpt",
            say(f"450 4.3.0 {person}2@example.org busy"),
            recipient=f"{person}2@example.org",
            times=1,
        ),
    ]
    smtp.script = Script(rules=(*rules, *smtp.script.rules))
    relay = system.start_relay(LOG_LEVEL="DEBUG")
    ids = system.queue(
        10, recipients=lambda n: [f"Some Body <{person}{n}@example.org>"], subject="Secret"
    )
    headers = json.dumps({"X-A": 5, "X-B": f"{person}@example.org"})
    broken = "UPDATE postroom_emailqueue SET headers = %s, max_attempts = 1 WHERE id = %s"
    system.query(broken, headers, ids[5])
    single = system.start_mailer(LOG_LEVEL="DEBUG")
    system.wait_until_settled()
    assert single.stop() == 0
    double = system.start(
        "mailer", ["-m", "postroom.mailer", "run", "--processes", "2"], LOG_LEVEL="DEBUG"
    )
    more = system.queue(10, recipients=lambda n: [f"{person}{n + 20}@example.org"])
    system.wait_until_settled()
    assert double.stop() == 0
    assert relay.stop() == 0
    for mailer in (single, double):
        lines = [json.loads(line) for line in mailer.log.read_text().splitlines()]
        assert all(line.keys() >= {"event", "level", "timestamp", "mailer"} for line in lines)
        ended = [line for line in lines if line["event"] == "attempt_ended"]
        assert all(line["attempt"] >= 1 for line in lines if "email_id" in line)
        assert {line["email_id"] for line in ended} == set(ids if mailer is single else more)
    for program in (relay, single, double):
        text = program.log.read_text()
        assert person not in text
        assert "Secret" not in text
    assert "q***@example.org" in single.log.read_text()
    raised = single.logged("attempt_raised")
    assert [(line["email_id"], line["attempt"]) for line in raised] == [(ids[5], 1)]
